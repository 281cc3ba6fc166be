import { fetchPrograms } from '../sandbox/programs.ts'
import { fetchSkopeo } from '../sandbox/skopeo.ts'

/** Fetches the engine, the registry and skopeo once, before test files that run side by side would each do it. */
export const setup = async (): Promise<void> => {
  await fetchPrograms()
  await fetchSkopeo()
}
