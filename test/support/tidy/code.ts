/** House rules about what code does: clocks, randomness, the environment; and questions about its length. */
import ts from 'typescript';
import { roomOf } from './imports.ts';
import { parse, visit, where, type SourceText } from './syntax.ts';

/** Longer files and functions are not wrong; somebody should ask whether they are two. */
const fileLinesMax = 200;
const functionLinesMax = 60;

/** Clocks, randomness and timers inside domain and pipeline. */
export function impurityFaults(file: SourceText): string[] {
  const room = roomOf(file.path);
  if (room !== 'domain' && room !== 'pipeline') return [];
  const banned = new Set(['Date', 'performance', 'setTimeout', 'setInterval', 'setImmediate', 'crypto', 'process']);
  const faults: string[] = [];
  const source = parse(file);
  visit(source, (node) => {
    if (!ts.isIdentifier(node)) return;
    const { parent } = node;
    // Writing down an instant that is data reads no clock; the domain has no need of it.
    const isFormatting = room === 'pipeline' && ts.isNewExpression(parent) && (parent.arguments?.length ?? 0) > 0;
    if (node.text === 'Date' && isFormatting) return;
    const isMember = ts.isPropertyAccessExpression(parent) && parent.name === node;
    const isRandom = isMember && node.text === 'random' && parent.expression.getText(source) === 'Math';
    // A value of the global object, not a member, a declared name or a type.
    const isGlobal =
      banned.has(node.text) && ts.isExpression(parent) && !isMember && !ts.isObjectLiteralExpression(parent);
    if (isRandom || isGlobal) faults.push(`${where(source, node)}: ${node.text} in ${room}`);
  });
  return faults;
}

/** `process.env` in src outside config.ts. */
export function environmentFaults(file: SourceText): string[] {
  if (!file.path.startsWith('src/') || file.path === 'src/config.ts') return [];
  const source = parse(file);
  const faults: string[] = [];
  visit(source, (node) => {
    if (ts.isPropertyAccessExpression(node) && node.getText(source) === 'process.env') {
      faults.push(`${where(source, node)}: the environment is read in src/config.ts only`);
    }
  });
  return faults;
}

/** Files and functions long enough to be asked about. */
export function lengthQuestions(file: SourceText): string[] {
  const questions: string[] = [];
  if (file.text.startsWith('// Generated ')) return questions;
  const lines = file.text.trimEnd().split('\n').length;
  if (lines > fileLinesMax) questions.push(`${file.path}: ${lines} lines`);
  const source = parse(file);
  visit(source, (node) => {
    // A suite is one function by nature.
    if (!ts.isFunctionLike(node) || file.path.endsWith('.test.ts')) return;
    const start = source.getLineAndCharacterOfPosition(node.getStart(source)).line;
    const length = source.getLineAndCharacterOfPosition(node.end).line - start + 1;
    if (length > functionLinesMax) {
      const name = node.name?.getText(source) ?? 'a function';
      questions.push(`${file.path}:${start + 1}: ${name} has ${length} lines`);
    }
  });
  return questions;
}
