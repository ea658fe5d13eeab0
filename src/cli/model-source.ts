/** Where a command finds its model file, and how it says what is wrong with one. */
import { resolve } from 'node:path';
import { readModelFile, type ModelFileFault } from '../adapters/model-file.ts';
import { ConfigError } from '../config.ts';
import { checkModel } from '../domain/model-check.ts';
import type { Model } from '../domain/model.ts';
import { type CommandContext, line } from './frame.ts';

/** Returns the path of the model file named on the command line, by CLIENTELE_MODEL, or ./model.yaml. */
export function modelPath(name: string | undefined, context: CommandContext): string {
  return resolve(context.cwd, name ?? context.env['CLIENTELE_MODEL'] ?? './model.yaml');
}

/** Reads a model file and tells its warnings on stderr. Throws: ConfigError with every fault and its line. */
export function loadModel(path: string, context: CommandContext): Model {
  const file = readModelFile(path, checkModel);
  if (!file.ok) throw new ConfigError(file.faults.map((fault) => findingText(path, fault)));
  for (const warning of file.warnings) line(context.stderr, `warning: ${findingText(path, warning)}`);
  return file.model;
}

/** One fault or warning as `file:line: path message`. */
export function findingText(path: string, { line: at, path: where, message }: ModelFileFault): string {
  return `${path}${at === null ? '' : `:${at}`}: ${where === '' ? '' : `${where} `}${message}`;
}
