import type { Line } from './orders.ts';

export interface ProductBody {
  readonly name: string;
  readonly priceCents: number;
  readonly stock: number;
}

export interface OrderBody {
  readonly customer: string;
  readonly lines: readonly Line[];
}

export function isProduct(body: unknown): body is ProductBody {
  if (typeof body !== 'object' || body === null) return false;
  const { name, priceCents, stock } = body as Readonly<Record<string, unknown>>;
  return isText(name) && isCount(priceCents) && isCount(stock);
}

/** With 1 to 50 lines, each of another product. */
export function isOrder(body: unknown): body is OrderBody {
  if (typeof body !== 'object' || body === null) return false;
  const { customer, lines } = body as Readonly<Record<string, unknown>>;
  if (!isText(customer) || !Array.isArray(lines) || lines.length > 50 || !lines.every(isLine)) return false;
  return lines.length > 0 && new Set(lines.map(({ productId }) => productId)).size === lines.length;
}

function isLine(line: unknown): line is Line {
  if (typeof line !== 'object' || line === null) return false;
  const { productId, quantity } = line as Readonly<Record<string, unknown>>;
  return isCount(productId) && isCount(quantity);
}

/** A whole number above 0 that PostgreSQL calls an integer. */
function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 && value < 2 ** 31;
}

/** 1 to 200 characters. */
function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= 200;
}
