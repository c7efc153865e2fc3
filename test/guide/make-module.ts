/** What a context offers to the blocks of its page. */
export interface Offer {
  readonly name: string;
  readonly isType: boolean;
}

/** The exports of a context, by its text. */
export function offersOf(context: string): Offer[] {
  const found = context.matchAll(
    /^export (?:declare )?(?:async )?(const|let|function|class|interface|type) (\w+)/gm,
  );
  return [...found].map(([, kind, name]) => ({
    name: name ?? '',
    isType: kind === 'interface' || kind === 'type',
  }));
}

/**
 * A block as a module: what it names and does not declare itself, and the context of its page offers, is imported from there.
 * Line numbers stay: the import is in front of the first line.
 */
export function makeModule(block: string, offers: readonly Offer[], contextPath: string): string {
  const wanted = offers.filter(({ name }) => isNamed(block, name) && !isDeclared(block, name));
  const names = wanted.map(({ name, isType }) => (isType ? `type ${name}` : name));
  const imported = names.length === 0 ? '' : `import { ${names.join(', ')} } from '${contextPath}'; `;
  return `${imported}export {}; ${block}\n`;
}

function isNamed(block: string, name: string): boolean {
  return new RegExp(`(?<![\\w.'"])${name}\\b(?!:)`).test(block.replaceAll(/\/\/.*$/gm, ''));
}

function isDeclared(block: string, name: string): boolean {
  const declared = new RegExp(
    `\\b(?:const|let|var|function|class|interface|type) (?:\\{[^}]*\\b)?${name}\\b|^import [^;]*?\\b${name}\\b[^;]* from`,
    'm',
  );
  return declared.test(block);
}
