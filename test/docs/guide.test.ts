import { readPage } from '../support/page.ts'

readPage('docs/guide.md')
