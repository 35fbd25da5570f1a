/**
 * @typedef {"" | import("./nodes.mjs").NodeLine} Node "" being the one that runs this
 * @typedef {readonly [compiler: "typescript" | "typescript5", resolution: "nodenext" | "bundler"]} Compiler
 *
 * One consumer: what it installs, how, and what runs and checks its programs.
 * @typedef {object} Cell
 * @property {1 | 2} line of the SDK
 * @property {string} sdk its version, or range
 * @property {"npm" | "pnpm"} manager
 * @property {readonly Node[]} nodes
 * @property {readonly Compiler[]} compilers
 */

/** The oldest release of each line of the SDK that core supports. */
const OLDEST = { 1: "1.24.0", 2: "2.0.0" };

/** @type {readonly Compiler[]} */
const TYPESCRIPT = [
  ["typescript", "nodenext"],
  ["typescript", "bundler"],
  ["typescript5", "nodenext"],
  ["typescript5", "bundler"],
];

/**
 * @param {boolean} full every combination; otherwise each SDK, package manager, release of Node, compiler and resolution at least once
 * @param {{ 1: string, 2: string }} newest the newest release of each line of the SDK that the repository has
 * @returns {Cell[]}
 */
export function cells(full, newest) {
  if (!full) {
    return [
      {
        line: 1,
        sdk: newest[1],
        manager: "pnpm",
        nodes: ["", 24],
        compilers: [["typescript5", "nodenext"]],
      },
      { line: 2, sdk: newest[2], manager: "npm", nodes: ["", 22], compilers: [["typescript", "bundler"]] },
      { line: 1, sdk: OLDEST[1], manager: "npm", nodes: [""], compilers: [] },
      { line: 2, sdk: OLDEST[2], manager: "pnpm", nodes: [""], compilers: [] },
    ];
  }
  return /** @type {const} */ ([1, 2]).flatMap((line) =>
    // The range stands for what somebody gets who installs today.
    [OLDEST[line], newest[line], `${line}`].flatMap((sdk) =>
      /** @type {const} */ (["npm", "pnpm"]).map((manager) => ({
        line,
        sdk,
        manager,
        nodes: /** @type {const} */ (["", "oldest", 22, 24]),
        compilers: TYPESCRIPT,
      })),
    ),
  );
}

/**
 * What a cell is called in the report.
 * @param {Cell} cell
 */
export function nameOf({ line, sdk, manager, nodes, compilers }) {
  const programs = nodes.map((node) => (node === "" ? process.versions.node : node)).join(", ");
  const checks = compilers.map(([compiler, resolution]) => `${compiler} ${resolution}`).join(", ");
  return `all plugins with SDK ${line} (${sdk}) by ${manager}; Node ${programs}${checks && `; ${checks}`}`;
}
