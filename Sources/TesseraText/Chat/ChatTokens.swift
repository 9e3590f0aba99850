/// The strings of a tokenizer that a conversation is written with.
public struct ChatTokens: Sendable, Equatable {
  /// What a template calls `bos_token`; empty if the tokenizer has none.
  public var bos: String
  /// What a template calls `eos_token`, and what ends an answer of `v1`.
  public var eos: String
  /// What stands for a picture in rendered text: `<image>`, or `<|image_pad|>`.
  public var image: String
  /// All strings that the tokenizer reads as tokens of their own: none may stand in what somebody says.
  public var special: [String]

  public init(bos: String = "", eos: String = "</s>", image: String = "<image>", special: [String] = []) {
    self.bos = bos
    self.eos = eos
    self.image = image
    self.special = special
  }

  /// Every string that is a token of its own.
  var all: [String] {
    var seen: Set<String> = []
    return ([bos, eos, image] + special).filter { !$0.isEmpty && seen.insert($0).inserted }
  }
}
