/**
 * `clientele dlq`: dead letters, looked at and sent to their inputs again. What a letter says and whether it may go is in
 * pipeline/dead-letters.ts; it runs beside the service and needs nothing of it.
 */
import { openTransactionalWriter } from '../adapters/kafka/transactional-writer.ts';
import { readTopic, type TopicEnd } from '../adapters/kafka/whole-topic.ts';
import { suggestion } from '../domain/nearest.ts';
import { reasonCodes } from '../domain/outcome.ts';
import {
  deadLetterOf,
  replayRefusal,
  replayedIdOf,
  type DeadLetter,
  type PlacedRecord,
  type ReplayContext,
} from '../pipeline/dead-letters.ts';
import { countsText, letterText, listText, listed, reasonCounts, shownLetter, type ListedLetter } from './dlq-text.ts';
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
import { LetterSender } from './letter-sender.ts';
import { loadModel, modelPath } from './model-source.ts';
import { namedInstallation, openCodecOf, tasksOf, type NamedInstallation } from './named-installation.ts';
import { startProgress } from './progress.ts';

const options = {
  reason: { type: 'string' },
  all: { type: 'boolean' },
  json: { type: 'boolean' },
} as const;

export const command: Command = {
  name: 'dlq',
  summary: 'dead letters: list, show, replay',
  help: `clientele dlq list [--reason R] [--json]
clientele dlq show ID [--json]
clientele dlq replay ID…|--reason R|--all [--json]

  list     every dead letter there is: id, reason, the record it was, whether it was sent again; nothing of its content
  show     one letter whole, key and value too, and whether it can be sent again
  replay   sends the original bytes to the input they came from, once mended what they were refused for (a schema
           registered, a rate or an attribute added to the model). A letter is sent at most once: the record and the mark
           that it was sent leave in one transaction, so asking again changes nothing. What is sent is an event like any
           other: known by its id it is a duplicate, older than what a customer's memory holds it is counted late

Not sent are letters that have been, records of which not all was kept (oversized, a batch that could not be unpacked), and
those that this build and model would refuse again; each is named with its reason, and the exit code is ${exitCodes.refused}.

  ID           partition:offset in the dead-letter topic, as list shows it
  --reason R   only letters of one reason: ${reasonCodes.slice(0, 5).join(', ')}, …
  --all        every letter that has not been sent again
  --json       one JSON object; keys, values and headers in base64, instants in epoch ms

Environment: KAFKA_BROKERS, SCHEMA_REGISTRY_URL, CLIENTELE_TOPIC_PREFIX, CLIENTELE_APP_ID, CLIENTELE_MODEL (the model the
service runs; show and replay judge by it).

Example:
  clientele dlq replay --reason schema_unknown`,
  run: (argv, context) => dlq(argv, context),
};

async function dlq(argv: readonly string[], context: CommandContext): Promise<ExitCode> {
  const { values, positionals } = parseOptions(argv, options);
  const [action, ...ids] = positionals;
  const { reason } = values;
  const isJson = values.json === true;
  if (reason !== undefined && !reasonCodes.some((code) => code === reason)) {
    throw new UsageError(`unknown reason ${reason}.${suggestion(reason, reasonCodes)}`);
  }
  for (const id of ids) if (!/^\d+:\d+$/.test(id)) throw new UsageError(`${id} is no partition:offset.`);
  switch (action) {
    case 'list':
      if (ids.length > 0 || values.all === true) throw new UsageError('dlq list takes no id and no --all.');
      return list(new Topic(context), reason ?? null, isJson, context);
    case 'show': {
      const [id, ...rest] = ids;
      if (id === undefined || rest.length > 0) throw new UsageError('dlq show takes one id.');
      return show(new Topic(context), id, isJson, context);
    }
    case 'replay': {
      const ways = [ids.length > 0, reason !== undefined, values.all === true].filter(Boolean);
      if (ways.length !== 1) throw new UsageError('dlq replay takes ids, --reason R or --all.');
      const wanted = new Set(ids);
      const isWanted = (letter: ListedLetter): boolean =>
        values.all === true || letter.reason === reason || wanted.has(letter.id);
      return replay(new Topic(context), { isWanted, named: ids, isJson }, context);
    }
    default:
      throw new UsageError('dlq takes one of list, show, replay.');
  }
}

/** The dead-letter topic of an installation. */
class Topic {
  readonly installation: NamedInstallation;
  readonly #context: CommandContext;

  constructor(context: CommandContext) {
    this.installation = namedInstallation(context);
    this.#context = context;
  }

  /** Hands over every letter there is, in order, and returns the ids of those sent again. */
  async read(
    onLetter: (letter: DeadLetter) => Promise<void> | void,
    end: TopicEnd = 'stable',
  ): Promise<ReadonlySet<string>> {
    const { stderr } = this.#context;
    const reading = startProgress({ ...this.#context, stream: stderr, label: 'reading', unit: 'letters', total: null });
    const replayed = new Set<string>();
    let letters = 0;
    const onRecord = async (record: PlacedRecord): Promise<void> => {
      const id = replayedIdOf(record);
      if (id !== null) replayed.add(id);
      const letter = deadLetterOf(record);
      if (letter === null) return;
      letters += 1;
      reading.update(letters);
      await onLetter(letter);
    };
    const { endpoint, names } = this.installation;
    await readTopic(endpoint, names.deadLetters, onRecord, end);
    return replayed;
  }

  /** What a replay is judged by. */
  async judgement(): Promise<ReplayContext> {
    const { installation } = this;
    const { config, names, clock } = installation;
    const model = loadModel(modelPath(config.modelPath, this.#context), this.#context);
    const partitions = await tasksOf(installation);
    const codec = await openCodecOf(installation);
    return { codec, model, topics: names, partitions, nowMs: clock.now() };
  }
}

async function list(
  topic: Topic,
  reason: string | null,
  isJson: boolean,
  { stdout }: CommandContext,
): Promise<ExitCode> {
  const letters: ListedLetter[] = [];
  const replayed = await topic.read((letter) => {
    if (reason === null || letter.reason === reason) letters.push(listed(letter));
  });
  letters.sort((left, right) => left.writtenAt - right.writtenAt);
  const told = letters.map((letter) => ({ ...letter, replayed: replayed.has(letter.id) }));
  if (isJson) line(stdout, JSON.stringify({ letters: told, reasons: reasonCounts(letters) }));
  else line(stdout, listText(letters, replayed));
  return exitCodes.done;
}

async function show(topic: Topic, id: string, isJson: boolean, { stdout }: CommandContext): Promise<ExitCode> {
  const found: DeadLetter[] = [];
  const replayed = await topic.read((letter) => {
    if (letter.id === id) found.push(letter);
  });
  const [letter] = found;
  if (letter === undefined) throw new FailedError(`there is no dead letter ${id}; it may have passed its retention.`);
  const isReplayed = replayed.has(id);
  const refusal = isReplayed ? null : await replayRefusal(letter, await topic.judgement());
  if (isJson) line(stdout, JSON.stringify(shownLetter(letter, isReplayed, refusal)));
  else line(stdout, letterText(letter, isReplayed, refusal));
  return exitCodes.done;
}

interface Chosen {
  readonly isWanted: (letter: ListedLetter) => boolean;
  /** Ids that were given one by one; each must be there. */
  readonly named: readonly string[];
  readonly isJson: boolean;
}

async function replay(topic: Topic, chosen: Chosen, { stdout, stderr }: CommandContext): Promise<ExitCode> {
  const { config, names, endpoint } = topic.installation;
  const judgement = await topic.judgement();
  // Fenced first: what another replay marks after this, it cannot commit.
  const writer = await openTransactionalWriter(endpoint, `${config.appId}-dlq`);
  const sending = new LetterSender(writer, names, judgement.partitions);
  const refused: { readonly id: string; readonly why: string }[] = [];
  let known = 0;
  try {
    const seen = new Set<string>();
    const note = (letter: DeadLetter): void => {
      if (chosen.isWanted(listed(letter))) seen.add(letter.id);
    };
    // A mark behind somebody's open transaction must not be missed.
    const replayed = await topic.read(note, 'written');
    for (const id of chosen.named) if (!seen.has(id)) refused.push({ id, why: 'there is no such dead letter' });
    await topic.read(async (letter) => {
      if (!seen.has(letter.id)) return;
      if (replayed.has(letter.id)) {
        known += 1;
        return;
      }
      const why = await replayRefusal(letter, judgement);
      if (why === null) await sending.add(letter);
      else refused.push({ id: letter.id, why });
    });
    await sending.flush();
  } finally {
    await writer.close();
  }
  const { sent } = sending;
  if (chosen.isJson) line(stdout, JSON.stringify({ sent, alreadySent: known, refused }));
  else {
    for (const { id, why } of refused) line(stderr, `refused   ${id}: ${why}`);
    line(stdout, `${sent} sent again, ${countsText({ 'sent before': known, refused: refused.length })}`);
  }
  return refused.length === 0 ? exitCodes.done : exitCodes.refused;
}
