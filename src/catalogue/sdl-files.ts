/** Reads the SDL of a folder: every `.graphql` file under it, in the order of their names. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type DefinitionNode, GraphQLError, parse, Source } from 'graphql'
import { refusalOf, SchemaRefusal } from './refusal.ts'

/** The definitions of all files, each with its place. Throws `SchemaRefusal`. */
export function readSdlFolder(folder: string): DefinitionNode[] {
  return listFiles(folder).flatMap((path) => parseSdl(readFile(path), path))
}

/** The definitions of one text; `name` is what a refusal calls it. Throws `SchemaRefusal`. */
export function parseSdl(text: string, name: string): DefinitionNode[] {
  // graphql-js takes a text without any definition for a syntax error; a file of comments alone is none.
  if (text.replace(/#.*$/gm, '').replace(/[\s,\ufeff]/g, '') === '') return []
  try {
    return [...parse(new Source(text, name)).definitions]
  } catch (error) {
    throw error instanceof GraphQLError ? refusalOf(error, []) : error
  }
}

function listFiles(folder: string): string[] {
  const names = attempt(`the folder ${folder}`, () => readdirSync(folder, { recursive: true, encoding: 'utf8' }))
  const paths = names.filter((name) => name.endsWith('.graphql')).sort()
  if (paths.length === 0) throw new SchemaRefusal('', undefined, `SCHEMA_DIR: no .graphql file in ${folder}`)
  return paths.map((name) => join(folder, name))
}

function readFile(path: string): string {
  return attempt(path, () => readFileSync(path, 'utf8'))
}

function attempt<T>(what: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error)
    throw new SchemaRefusal('', undefined, `SCHEMA_DIR: ${what} cannot be read (${code})`)
  }
}
