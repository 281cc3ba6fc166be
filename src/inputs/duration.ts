const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000 }

/** A time with its unit, such as `90s`, `15m` or `1h`, as milliseconds; nothing if it is not written so. */
export const parseDuration = (text: string): number | undefined => {
  const [, number, unit] = /^([0-9]{1,6})([smh])$/.exec(text) ?? []
  const factor = unit === undefined ? undefined : UNITS[unit]
  return number === undefined || factor === undefined ? undefined : Number(number) * factor
}
