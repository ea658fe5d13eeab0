/** What an error of kafkajs is for the pipeline. */
import { describe, expect, it } from 'vitest';
import { portError, refusal } from '../../../src/adapters/kafka/errors.ts';
import { DataRefusedError, FencedError } from '../../../src/pipeline/ports.ts';

const kafkajsError = (name: string, fields: object = {}) => Object.assign(new Error('m'), { name, ...fields });
const wrapped = (cause: Error) => new Error('outer', { cause: new Error('middle', { cause }) });

describe('portError', () => {
  it.each([
    ['FencedError', kafkajsError('KafkaJSProtocolError', { type: 'INVALID_PRODUCER_EPOCH', code: 47 })],
    ['FencedError', new Error('Unknown error code 90')],
    ['AccessDeniedError', kafkajsError('KafkaJSProtocolError', { type: 'GROUP_AUTHORIZATION_FAILED' })],
    ['AccessDeniedError', kafkajsError('KafkaJSSASLAuthenticationError')],
    ['UnavailableError', kafkajsError('KafkaJSConnectionError')],
    ['UnavailableError', kafkajsError('KafkaJSNumberOfRetriesExceeded')],
    ['UnavailableError', kafkajsError('KafkaJSRequestTimeoutError')],
    ['DataRefusedError', refusal('unequal')],
    ['FencedError', new FencedError('ours')],
  ])('is a %s, bare or as the cause of a cause', (name, error) => {
    expect(portError(error, 'commit of task 1').name).toBe(name);
    expect(portError(wrapped(error), 'commit of task 1').name).toBe(name);
  });

  it('says what was being done, and keeps the cause', () => {
    const error = kafkajsError('KafkaJSConnectionError');
    expect(portError(error, 'commit of task 1')).toMatchObject({ message: 'commit of task 1: m', cause: error });
  });

  it('leaves an error it does not know as it is, and makes one of anything else', () => {
    const error = kafkajsError('KafkaJSProtocolError', { type: 'MESSAGE_TOO_LARGE' });
    expect(portError(error, 'send')).toBe(error);
    expect(portError('text', 'send').message).toBe('send: text');
  });
});

describe('refusal', () => {
  it('is passed on by kafkajs at once', () => {
    expect(refusal('x')).toBeInstanceOf(DataRefusedError);
    expect(refusal('x')).toMatchObject({ retriable: false, message: 'x' });
  });
});
