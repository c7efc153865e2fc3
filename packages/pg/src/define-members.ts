/** Gives a prototype members that a class cannot declare: where the types of the class beneath describe them otherwise. */
export function defineMembers(prototype: object, members: PropertyDescriptorMap): void {
  for (const name of Reflect.ownKeys(members)) {
    Object.defineProperty(prototype, name, { configurable: true, ...members[name] });
  }
}
