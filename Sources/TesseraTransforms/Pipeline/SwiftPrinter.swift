/// Writes pipelines as Swift source.
enum SwiftPrinter {
  /// `resized_crop` → `resizedCrop`; `std` → `standardDeviation`, the one word that Swift spells out.
  static func camelCase(_ name: String) -> String {
    if name == "std" { return "standardDeviation" }
    let words = name.split(separator: "_")
    return words.prefix(1).joined()
      + words.dropFirst().map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
  }

  static func step(_ transform: any Transform) -> String { type(of: transform).schema.swift(transform) }

  static func literal(_ node: ArgumentNode) -> String {
    switch node.kind {
    case .none: "nil"
    case .string(let text): PipelinePrinter.quote(text)
    case .list(let nodes): "[\(nodes.map(literal).joined(separator: ", "))]"
    default: PipelinePrinter.text(node)
    }
  }
}

extension Pipeline {
  /// The pipeline as Swift source: the builder, one transform a line.
  public var swiftSource: String {
    "Pipeline {\n" + steps.map { "  \(SwiftPrinter.step($0))\n" }.joined() + "}\n"
  }
}
