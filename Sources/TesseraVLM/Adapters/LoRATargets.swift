/// Which linear layers get an adapter.
public struct LoRATargets: Sendable, Hashable {
  /// The ways to name modules.
  public enum Choice: Sendable, Hashable {
    /// The linear layers of some parts, or those of them whose last name is one of `named`. Of the vision tower only
    /// layers that the features pass through: the others never learn.
    case parts(Set<ParameterSpec.Part>, named: [String]?)
    /// Modules that are called so, or whose name ends so from a dot on (`q_proj`): in every part, as PEFT.
    case names([String])
    /// Modules whose whole name a regular expression matches.
    case pattern(String)
    /// Every linear layer except the head, as PEFT's "all-linear".
    case allLinear
  }

  public var choice: Choice
  /// Modules that get none all the same: `names` or a `pattern`.
  public var excluded: Choice?
  /// With `names`: the numbers of the layers that count; nil for all.
  public var layers: [Int]?
  /// With `layers`: what stands before the number; empty for anything.
  public var layerNames: [String] = []

  public init(_ choice: Choice) { self.choice = choice }

  /// The linear layers of some parts.
  public static func parts(_ parts: Set<ParameterSpec.Part>, named: [String]? = nil) -> LoRATargets {
    LoRATargets(.parts(parts, named: named))
  }
  /// Modules by the ends of their names, in every part.
  public static func names(_ names: [String]) -> LoRATargets { LoRATargets(.names(names)) }
  /// Modules by a regular expression for the whole name.
  public static func pattern(_ pattern: String) -> LoRATargets { LoRATargets(.pattern(pattern)) }
  /// Every linear layer except the head.
  public static var allLinear: LoRATargets { LoRATargets(.allLinear) }
}
