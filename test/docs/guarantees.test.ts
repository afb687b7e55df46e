/** docs/guarantees.md: what it has to type takes minutes; test/faults/faults.test.ts is its short form. */
import { readPage } from '../support/page.ts'

readPage('docs/guarantees.md')
