interface Memory {
  draft: string;
  /** What was sent, oldest first. */
  sent: string[];
}

const KEPT_COMMANDS = 200;
const memories = new Map<string, Memory>();

/** What was typed for a server, for as long as this tab of the browser is open. It is written down nowhere. */
export function memoryOf(serverId: string): Memory {
  let memory = memories.get(serverId);
  if (!memory) {
    memory = { draft: "", sent: [] };
    memories.set(serverId, memory);
  }
  return memory;
}

export function rememberSent(serverId: string, command: string): void {
  const { sent } = memoryOf(serverId);
  if (sent.at(-1) !== command) sent.push(command);
  if (sent.length > KEPT_COMMANDS) sent.shift();
}

export const forgetEverything = () => memories.clear();
