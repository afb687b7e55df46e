/** Puts the console on the page. */
import { render } from 'preact'
import './style/base.css'
import './style/parts.css'
import './style/events.css'
import { App } from './view/app.tsx'

render(<App />, document.getElementById('console')!)
