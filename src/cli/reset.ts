/**
 * `clientele reset`: moves the positions of one input, with the service stopped. What a move is, is in pipeline/reset.ts; here
 * it is looked at, shown and carried out. States, outputs and topics are never touched.
 */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { groupMembers, logPlaces } from '../adapters/kafka/positions.ts';
import { openTransactionalWriter, type TransactionalWriter } from '../adapters/kafka/transactional-writer.ts';
import { readTopic } from '../adapters/kafka/whole-topic.ts';
import type { TaskOffsets } from '../domain/contracts.ts';
import { suggestion } from '../domain/nearest.ts';
import { inputNames, type Codec, type InputName } from '../pipeline/ports.ts';
import { movedOffsets, movesOf, type Move, type ResetTarget } from '../pipeline/reset.ts';
import { offsetsBatch, offsetsKey } from '../pipeline/transaction.ts';
import {
  FailedError,
  UsageError,
  exitCodes,
  line,
  parseOptions,
  type Command,
  type CommandContext,
  type ExitCode,
} from './frame.ts';
import { instantOption } from './history.ts';
import { namedInstallation, openCodecOf, tasksOf } from './named-installation.ts';
import { startProgress } from './progress.ts';

const options = {
  input: { type: 'string' },
  to: { type: 'string' },
  partition: { type: 'string' },
  yes: { type: 'boolean' },
  json: { type: 'boolean' },
} as const;

export const command: Command = {
  name: 'reset',
  summary: 'moves the positions of an input, with the service stopped',
  help: `clientele reset --input NAME --to earliest|latest|I [--partition P] [--yes] [--json]

Positions are in the changelog, not in the consumer group: what another tool resets there is ignored. This command shows
where the positions of an input would go, and with --yes writes them there, task by task, as a take-over would. It refuses
while a process of the service is in the group. States stay. Moved back, records are read again: the ones a customer's
memory holds are duplicates, older ones are counted late, so no money is counted twice. Moved on, the records between
are never applied.

  --input NAME     ${inputNames.join(', ')}
  --to             earliest or latest record of the log, or the first one written at I or later: 2024-01-31 (its midnight,
                   UTC) or 2024-01-31T10:00:00Z
  --partition P    one partition (all)
  --yes            does it; without, only the plan is printed
  --json           one JSON object: {"input","moves":[{"partition","from","to"}],"done"}

To judge everything anew from retained inputs, with empty states, see docs/UPGRADE.md.

Environment: KAFKA_BROKERS, SCHEMA_REGISTRY_URL, CLIENTELE_APP_ID, CLIENTELE_TOPIC_PREFIX.

Example:
  clientele reset --input surveys --to earliest --partition 3 --yes`,
  run: (argv, context) => reset(argv, context),
};

interface Asked {
  readonly input: InputName;
  readonly target: ResetTarget;
  /** Null = all. */
  readonly partition: number | null;
}

function askedFor(argv: readonly string[]): Asked & { readonly isMeant: boolean; readonly isJson: boolean } {
  const { values, positionals } = parseOptions(argv, options);
  if (positionals.length > 0) throw new UsageError('reset takes no argument.');
  const { input: name = '', to, partition } = values;
  const input = inputNames.find((known) => known === name);
  if (input === undefined)
    throw new UsageError(`--input takes one of ${inputNames.join(', ')}.${suggestion(name, inputNames)}`);
  if (to === undefined) throw new UsageError('--to takes earliest, latest or an instant.');
  if (partition !== undefined && !/^\d{1,5}$/.test(partition)) throw new UsageError('--partition takes a number.');
  const chosen = partition === undefined ? null : Number(partition);
  const asked = { input, partition: chosen, isMeant: values.yes === true, isJson: values.json === true };
  if (to === 'earliest' || to === 'latest') return { ...asked, target: { kind: to } };
  return { ...asked, target: { kind: 'instant', atMs: instantOption('--to', to, '00:00:00Z') ?? 0 } };
}

async function reset(argv: readonly string[], context: CommandContext): Promise<ExitCode> {
  const asked = askedFor(argv);
  const installation = namedInstallation(context);
  const { config, names, endpoint } = installation;
  const { appId } = config;
  const tasks = await tasksOf(installation);
  if (asked.partition !== null && asked.partition >= tasks) throw new UsageError(`there are only ${tasks} partitions.`);
  const members = await groupMembers(endpoint, appId);
  if (members > 0) throw new FailedError(`${members} processes of group ${appId} run: stop them first.`);
  const codec = await openCodecOf(installation);
  const all = Array.from({ length: tasks }, (_, partition) => partition);
  const partitions = asked.partition === null ? all : [asked.partition];
  const writers = new Map<number, TransactionalWriter>();
  try {
    // Fenced before the changelog is read: what is found there is then the last word.
    if (asked.isMeant) {
      for (const task of partitions) writers.set(task, await openTransactionalWriter(endpoint, `${appId}-${task}`));
    }
    const found = await newestOffsets(
      codec,
      partitions,
      (onRecord) => readTopic(endpoint, names.changelog, onRecord, 'written'),
      context,
    );
    const atMs = asked.target.kind === 'instant' ? asked.target.atMs : null;
    const places = await logPlaces(endpoint, names[asked.input], atMs);
    const moves = movesOf(asked.input, found, places, asked.target);
    for (const { partition, to } of moves) {
      const offsets = found.get(partition);
      const writer = writers.get(partition);
      if (offsets === undefined || writer === undefined) continue;
      const by = { incarnation: randomUUID(), owner: `reset/${hostname()}/${process.pid}` };
      const { records } = offsetsBatch(codec.encodeOffsets(movedOffsets(offsets, asked.input, to, by)), partition);
      await writer.commit(records.map((record) => ({ topic: names.changelog, partition, record })));
    }
    tell(asked, moves, context);
  } finally {
    await Promise.all([...writers.values()].map((writer) => writer.close()));
  }
  return exitCodes.done;
}

type ReadChangelog = (onRecord: Parameters<typeof readTopic>[2]) => Promise<void>;

/** The last committed `m:offsets` of each of `partitions`; a task that never ran has none. */
async function newestOffsets(
  codec: Codec,
  partitions: readonly number[],
  read: ReadChangelog,
  context: CommandContext,
): Promise<ReadonlyMap<number, TaskOffsets>> {
  const reading = startProgress({ ...context, stream: context.stderr, label: 'reading', unit: 'records', total: null });
  const newest = new Map<number, Buffer>();
  let records = 0;
  await read(({ partition, key, value }) => {
    records += 1;
    reading.update(records);
    if (value !== null && key?.equals(offsetsKey) === true && partitions.includes(partition)) {
      newest.set(partition, Buffer.from(value));
    }
    return Promise.resolve();
  });
  const found = new Map<number, TaskOffsets>();
  for (const [partition, value] of newest) {
    await codec.learnChangelog(value.readInt32BE(1));
    const entry = codec.decodeChangelog(value);
    if (entry.kind === 'offsets') found.set(partition, entry.offsets);
  }
  return found;
}

function tell(
  { input, isMeant, isJson }: ReturnType<typeof askedFor>,
  moves: readonly Move[],
  { stdout }: CommandContext,
): void {
  if (isJson) {
    line(stdout, JSON.stringify({ input, moves, done: isMeant }));
    return;
  }
  for (const { partition, from, to } of moves) line(stdout, `${input}-${partition}: ${from} -> ${to}`);
  if (moves.length === 0) line(stdout, 'nothing to move: no task has committed yet, or all are there');
  else line(stdout, isMeant ? `${moves.length} positions moved` : 'nothing is changed yet: --yes does it');
}
