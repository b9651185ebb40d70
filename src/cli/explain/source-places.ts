import { type ASTNode, type DirectiveNode, type DocumentNode, getLocation, Kind, print } from 'graphql'

/** Tells where an SDL says something. */
export class SourcePlaces {
  readonly #document: DocumentNode

  constructor(document: DocumentNode) {
    this.#document = document
  }

  /** The directives of a type or field, as written. */
  directives(coordinate: string, name?: string): readonly DirectiveNode[] {
    const directives = this.#find(coordinate)?.directives ?? []
    return name === undefined ? directives : directives.filter((node) => node.name.value === name)
  }

  /** Such as `schema/customer.graphql:16`, of a type or field. */
  ofCoordinate(coordinate: string): string | undefined {
    return placeOf(this.#find(coordinate))
  }

  /** Of a directive of a type or field, by its position among those of its name. */
  ofDirective(coordinate: string, name: string, position = 0): string | undefined {
    return placeOf(this.directives(coordinate, name)[position])
  }

  /** Of the one @masked of a field that has `reveal`. */
  ofReveal(coordinate: string): string | undefined {
    const masked = this.directives(coordinate, 'masked')
    return placeOf(masked.find((node) => node.arguments?.some(({ name }) => name.value === 'reveal')))
  }

  /** A field's type, as written. */
  typeOf(coordinate: string): string | undefined {
    const node = this.#find(coordinate)
    return node?.kind === Kind.FIELD_DEFINITION ? print(node.type) : undefined
  }

  #find(coordinate: string) {
    const [typeName, fieldName] = coordinate.split('.')
    for (const node of this.#document.definitions) {
      if (node.kind !== Kind.OBJECT_TYPE_DEFINITION || node.name.value !== typeName) continue
      if (fieldName === undefined) return node
      return node.fields?.find((field) => field.name.value === fieldName)
    }
    return undefined
  }
}

function placeOf(node: ASTNode | undefined): string | undefined {
  // The name, because a node with a description starts at that.
  const location = (node !== undefined && 'name' in node ? node.name?.loc : undefined) ?? node?.loc
  if (location === undefined) return undefined
  return `${location.source.name}:${getLocation(location.source, location.start).line}`
}
