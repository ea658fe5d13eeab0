/** What the house rules read of a file: its syntax tree and the modules it names. No rule is here. */
import ts from 'typescript';

/** A file of the project; `path` is relative to its root, with `/`. */
export interface SourceText {
  readonly path: string;
  readonly text: string;
}

/** One module a file names. */
export interface Import {
  readonly from: string;
  readonly isType: boolean;
}

const trees = new WeakMap<SourceText, ts.SourceFile>();

/** The syntax tree of a file, parsed once. */
export function parse(file: SourceText): ts.SourceFile {
  let tree = trees.get(file);
  if (tree === undefined) {
    tree = ts.createSourceFile(file.path, file.text, ts.ScriptTarget.Latest, true);
    trees.set(file, tree);
  }
  return tree;
}

/** Shows every node of a tree, parents first. */
export function visit(node: ts.Node, see: (node: ts.Node) => void): void {
  see(node);
  ts.forEachChild(node, (child) => visit(child, see));
}

/** `path:line` of a node. */
export function where(source: ts.SourceFile, node: ts.Node): string {
  return `${source.fileName}:${source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1}`;
}

/** Every module a file names: import and export declarations, `import()` and `require()` of a constant. */
export function importsOf(source: ts.SourceFile): Import[] {
  const found: Import[] = [];
  visit(source, (node) => {
    if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier)) {
      found.push({
        from: node.moduleSpecifier.text,
        isType: node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword,
      });
    } else if (
      ts.isExportDeclaration(node) &&
      node.moduleSpecifier !== undefined &&
      ts.isStringLiteral(node.moduleSpecifier)
    ) {
      found.push({ from: node.moduleSpecifier.text, isType: node.isTypeOnly });
    } else if (ts.isCallExpression(node)) {
      const [argument] = node.arguments;
      const isLoad =
        node.expression.kind === ts.SyntaxKind.ImportKeyword ||
        /(^|\.)(require|resolve)$/.test(node.expression.getText(source));
      if (isLoad && argument !== undefined && ts.isStringLiteral(argument))
        found.push({ from: argument.text, isType: false });
    }
  });
  return found;
}

/** The npm package of a module name; undefined for Node's own. */
export function libraryOf(from: string): string | undefined {
  if (from.startsWith('node:')) return undefined;
  return from
    .split('/')
    .slice(0, from.startsWith('@') ? 2 : 1)
    .join('/');
}
