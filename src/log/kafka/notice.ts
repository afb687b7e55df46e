/** Something about the connection to Kafka that an operator may want to read; never per record. */
export interface KafkaLogNotice {
  readonly level: 'debug' | 'info' | 'warn'
  readonly message: string
  readonly [detail: string]: unknown
}
