/// The one stage of a recipe that is meant: by its kind and, where there are several of it, by its name.
public struct StageChoice: Sendable, Hashable {
  public var kind: StageRecipe.Kind
  public var name: String?

  public init(_ kind: StageRecipe.Kind, name: String? = nil) { (self.kind, self.name) = (kind, name) }
}
