/** What several parts of the page share. */
import { useEffect, useState } from 'preact/hooks'

/** Renders again every so many milliseconds, while the page can be seen. */
export function useTick(ms: number): void {
  const [, tick] = useState(0)
  useEffect(() => {
    const timer = setInterval(() => {
      if (!document.hidden) tick((count) => count + 1)
    }, ms)
    return () => clearInterval(timer)
  }, [ms])
}

/** The width and height of an element, as they change. */
export function useSize(element: { readonly current: HTMLElement | null }): { width: number; height: number } {
  const [size, setSize] = useState({ width: 0, height: 0 })
  useEffect(() => {
    const watched = element.current
    if (watched === null) return
    const observer = new ResizeObserver(() => setSize({ width: watched.clientWidth, height: watched.clientHeight }))
    observer.observe(watched)
    return () => observer.disconnect()
  }, [element])
  return size
}
