export type { CliIo, TextSink } from './cli-io.ts';
export { EXIT } from './exit-code.ts';
export type { ExitCode } from './exit-code.ts';
export { main } from './main.ts';
export type { ScreenSize } from './monitor/render/render.ts';
export type { Terminal, TerminalEnd, TerminalListener } from './monitor/terminal.ts';
