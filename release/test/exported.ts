import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import ts from "typescript5";

/**
 * The names that a module exports, read from its source: types have no other trace.
 * @param file of a TypeScript module
 * @returns values as they are, types as `type Name`; sorted
 */
export function exportedNames(file: string): string[] {
  const source = ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.Latest);
  return [...new Set(source.statements.flatMap((statement) => namesOf(statement, file)))].sort();
}

function namesOf(statement: ts.Statement, file: string): string[] {
  if (ts.isExportDeclaration(statement)) {
    const { exportClause, isTypeOnly, moduleSpecifier } = statement;
    if (!exportClause) return exportedNames(join(dirname(file), (moduleSpecifier as ts.StringLiteral).text));
    if (ts.isNamespaceExport(exportClause)) return [named(exportClause.name.text, isTypeOnly)];
    return exportClause.elements.map((element) => named(element.name.text, isTypeOnly || element.isTypeOnly));
  }
  const modifiers = ts.canHaveModifiers(statement) ? (ts.getModifiers(statement) ?? []) : [];
  if (!modifiers.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)) return [];
  if (ts.isVariableStatement(statement)) {
    return statement.declarationList.declarations.map(({ name }) => (name as ts.Identifier).text);
  }
  const { name } = statement as ts.DeclarationStatement;
  return [
    named((name as ts.Identifier).text, ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement)),
  ];
}

const named = (name: string, isType: boolean): string => (isType ? `type ${name}` : name);
