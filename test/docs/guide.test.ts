/** docs/guide.md, done as it says: from nothing to an event of one's own, and on to a changed one. */
import { readPage } from '../support/page.ts'

readPage('docs/guide.md')
