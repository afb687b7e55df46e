/**
 * Documents for machines, made once at start from the catalogue: what Herald offers, in the languages that other
 * tools read. Pure functions of the catalogue and a few settings; http/documents.ts serves them.
 */
import { print } from 'graphql'
import type { Catalogue } from '../catalogue/catalogue.ts'
import { type AsyncApiSettings, asyncApi } from './asyncapi.ts'
import { type OpenApiSettings, openApi } from './openapi.ts'

export interface MachineDocument {
  readonly path: '/openapi.json' | '/asyncapi.json' | '/schema.graphql'
  readonly kind: 'json' | 'text'
  readonly text: string
}

/** All documents of a catalogue. */
export function documentsOf(
  catalogue: Catalogue,
  settings: AsyncApiSettings & OpenApiSettings,
): readonly MachineDocument[] {
  const json = (document: object) => `${JSON.stringify(document, null, 2)}\n`
  return [
    { path: '/openapi.json', kind: 'json', text: json(openApi(catalogue, settings)) },
    { path: '/asyncapi.json', kind: 'json', text: json(asyncApi(catalogue, settings)) },
    { path: '/schema.graphql', kind: 'text', text: sdlOf(catalogue) },
  ]
}

/**
 * The whole SDL as it was declared, vocabulary included: graphql-js's `printSchema` leaves out what directives were
 * applied, without which no event would be declared. Herald starts from it as from the files.
 */
export function sdlOf({ document }: Catalogue): string {
  return `${print(document)}\n`
}
