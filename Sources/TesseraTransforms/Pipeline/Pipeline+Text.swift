internal import TesseraCore

extension Pipeline: LosslessStringConvertible {
  /// Reads a pipeline from text: `resize(256, filter: bicubic)|center_crop(224)|to_tensor|normalize(imagenet)`.
  ///
  /// - Throws: `invalidPipeline` with line, column and what is allowed there.
  public init(text: String) throws {
    self = try Self.reading(text) { try PipelineParser.steps(text) }
  }

  /// The same, nil where `init(text:)` throws.
  public init?(_ description: String) {
    guard let pipeline = try? Pipeline(text: description) else { return nil }
    self = pipeline
  }

  /// The pipeline as text that reads back to it. Arguments at their defaults are left out.
  public var text: String { PipelinePrinter.text(steps.map { TransformRegistry.node(of: $0) }) }

  public var description: String { text }

  /// Makes a pipeline of the steps that `read` finds in `source`, and cuts an excerpt for each fault.
  static func reading(_ source: String, _ read: () throws -> [StepNode]) throws -> Pipeline {
    do {
      let nodes = try read()
      let steps = try nodes.map { try TransformRegistry.make($0) }
      if let (index, message) = firstMisplaced(steps) {
        throw PipelineFault(
          message: "\(nodes[index].name) cannot stand here: \(message)", location: nodes[index].location)
      }
      return Pipeline(checked: steps)
    } catch let fault as PipelineFault {
      throw TesseraError(
        .invalidPipeline(
          message: fault.message, line: fault.location.line, column: fault.location.column,
          excerpt: excerpt(source, fault.location)))
    }
  }

  /// The faulty line and a caret below the place.
  private static func excerpt(_ source: String, _ location: SourceLocation) -> String {
    let lines = source.split(separator: "\n", omittingEmptySubsequences: false)
    guard location.line >= 1, location.line <= lines.count else { return "" }
    let line = Array(lines[location.line - 1].unicodeScalars)
    // A long line is cut to what stands around the place.
    let column = min(max(location.column, 1), line.count + 1)
    let start = max(0, column - 60)
    var text = start > 0 ? "…" : ""
    let indent = text.unicodeScalars.count + column - 1 - start
    text.unicodeScalars.append(contentsOf: line[start..<min(line.count, start + 100)])
    return "  \(text)\n  \(String(repeating: " ", count: indent))^"
  }
}

extension Transform {
  /// The step as a pipeline's text has it: `crop(27, 122, 153, 162)`.
  public var text: String { PipelinePrinter.text(TransformRegistry.node(of: self)) }
}
