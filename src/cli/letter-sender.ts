/** Dead letters sent to their inputs again, in transactions of bounded size. Which ones may go is decided before. */
import type { AddressedRecord, TransactionalWriter } from '../adapters/kafka/transactional-writer.ts';
import { replayMark, replayRecord, type DeadLetter } from '../pipeline/dead-letters.ts';
import type { TopicNames } from '../pipeline/topics.ts';

/** Bytes and letters of one transaction; the broker takes requests of 1 MiB by default. */
const batchBytes = 512 * 1024;
const batchLetters = 200;

/** Letters on their way, each with its mark in the same transaction. One call at a time; a rejection ends it. */
export class LetterSender {
  sent = 0;
  readonly #writer: TransactionalWriter;
  readonly #names: TopicNames;
  readonly #partitions: number;
  #records: AddressedRecord[] = [];
  #bytes = 0;

  constructor(writer: TransactionalWriter, names: TopicNames, partitions: number) {
    this.#writer = writer;
    this.#names = names;
    this.#partitions = partitions;
  }

  async add(letter: DeadLetter): Promise<void> {
    const bytes = (letter.key?.length ?? 0) + (letter.value?.length ?? 0);
    if (this.#bytes + bytes > batchBytes || this.#records.length >= 2 * batchLetters) await this.flush();
    const { origin, partition } = letter;
    this.#records.push({ topic: origin.topic, ...replayRecord(letter, this.#partitions) });
    this.#records.push({ topic: this.#names.deadLetters, partition, record: replayMark(letter) });
    this.#bytes += bytes;
  }

  async flush(): Promise<void> {
    if (this.#records.length === 0) return;
    await this.#writer.commit(this.#records);
    this.sent += this.#records.length / 2;
    this.#records = [];
    this.#bytes = 0;
  }
}
