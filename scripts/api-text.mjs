import { SyntaxKind } from "typescript/unstable/ast";

/** @typedef {any} Node a node of TypeScript's syntax tree; which members it has depends on its kind */

/**
 * How a declaration reads in a reference: as it is written, without what only the implementation needs.
 * @param {Node} node
 * @param {string} name
 * @param {() => string} typeOf the type of a variable that names none
 * @returns {string}
 */
export function declarationOf(node, name, typeOf) {
  switch (node.kind) {
    case SyntaxKind.FunctionDeclaration:
      return `${bare(signature(node))};`;
    case SyntaxKind.VariableDeclaration:
      return variableOf(node, name, typeOf);
    case SyntaxKind.ClassDeclaration:
      return classOf(node);
    default:
      return bare(node.getText());
  }
}

/**
 * @param {Node} node
 * @param {string} name
 * @param {() => string} typeOf
 */
function variableOf(node, name, typeOf) {
  // A table that is its own type.
  if (node.initializer?.kind === SyntaxKind.AsExpression) return `const ${node.getText()};`;
  const type = node.type?.getText();
  // The type of something that is not exported says nothing to a reader.
  return `const ${name}: ${type && !/typeof \w+ &/.test(type) ? type : typeOf()};`;
}

/** @param {string} text */
const bare = (text) => text.replace(/^export (?:declare )?/, "").replace(/^async /, "");

/**
 * @param {Node} node
 * @param {number} [from]
 */
const signature = (node, from = node.getStart()) =>
  node
    .getSourceFile()
    .text.slice(from, node.body ? node.body.pos : node.end)
    .trim();

/**
 * The public members, with their docstrings and without their bodies.
 * @param {Node} node
 */
function classOf(node) {
  const { text } = node.getSourceFile();
  const head = bare(text.slice(node.getStart(), node.members.pos).trim());
  const members = node.members.filter(isPublic).map((/** @type {Node} */ member) => {
    const written = signature(member, member.pos).replace(/\basync /, "");
    const declared = member.initializer && member.type ? written.slice(0, written.indexOf(" = ")) : written;
    return `  ${declared.replace(/;$/, "")};`;
  });
  return [head, ...members, "}"].join("\n");
}

/** @param {Node} member */
function isPublic(member) {
  const hidden = [SyntaxKind.PrivateKeyword, SyntaxKind.ProtectedKeyword];
  const modifiers = member.modifiers ?? [];
  return (
    member.name?.kind !== SyntaxKind.PrivateIdentifier &&
    !modifiers.some((/** @type {Node} */ { kind }) => hidden.includes(kind))
  );
}
