import { fetchPrograms } from '../sandbox/programs.ts'

/** Fetches the engine and the registry once, before test files that run side by side would each do it. */
export const setup = async (): Promise<void> => {
  await fetchPrograms()
}
