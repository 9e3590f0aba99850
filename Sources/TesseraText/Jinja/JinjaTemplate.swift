internal import TesseraCore

/// A Jinja template as transformers runs chat templates: `trim_blocks`, `lstrip_blocks`, sandboxed and immutable,
/// with loop controls, `{% generation %}`, `raise_exception`, `strftime_now` and a `tojson` without HTML escapes.
///
/// What jinja2 knows and this interpreter does not is an error that names it, at reading where that is possible:
/// inheritance and inclusion, recursive loops, whole numbers beyond 64 bits, `%` on strings, `str.format`, and the
/// filters that format prose. `safe` changes nothing (jinja2 escapes what is added to a safe string by `+`).
package struct JinjaTemplate: Sendable {
  private let body: [JinjaStatement]
  private let limits: JinjaLimits
  /// Whether `{% generation %}` stands anywhere in it.
  package let marksGenerated: Bool

  /// Reads a template.
  ///
  /// - Throws: `corrupt` and `unsupported` with line and column, `limitExceeded`.
  package init(_ source: String, limits: JinjaLimits = JinjaLimits()) throws {
    guard source.utf8.count <= limits.source else {
      throw TesseraError(
        .limitExceeded(what: "bytes of a chat template", limit: limits.source, found: source.utf8.count))
    }
    body = try JinjaParser.parse(source)
    self.limits = limits
    marksGenerated = body.contains(where: Self.marks)
  }

  private static func marks(_ statement: JinjaStatement) -> Bool {
    switch statement.kind {
    case .generation: true
    case .conditional(let branches, let otherwise):
      branches.contains { $0.body.contains(where: marks) } || otherwise.contains(where: marks)
    case .loop(let loop): loop.body.contains(where: marks) || loop.otherwise.contains(where: marks)
    case .setBlock(_, _, let body), .filterBlock(_, let body), .with(_, let body): body.contains(where: marks)
    case .macro(let macro), .callBlock(let macro, _): macro.body.contains(where: marks)
    default: false
    }
  }

  /// What a rendering gives.
  package struct Rendering: Sendable {
    package var text: JinjaText
    /// The scalars that `{% generation %}` stood around.
    package var generated: [Range<Int>]
    /// Whether some of it stood inside of a macro or a block, so that its place in the text is unknown.
    package var hidesGenerated: Bool
  }

  /// Runs the template.
  ///
  /// - Parameter clock: what `strftime_now(format)` answers.
  /// - Throws: `corrupt`, `unsupported`, `invalidInput` with line and column; `limitExceeded` where it uses too much.
  package func render(
    _ context: [String: JinjaValue], clock: @escaping @Sendable (String) throws -> String = JinjaGlobals.now
  ) throws -> Rendering {
    let renderer = JinjaRenderer(limits: limits, clock: clock)
    defer { renderer.release() }
    let scope = JinjaScope(parent: nil)
    scope.names = context
    _ = try renderer.run(body, scope)
    return Rendering(
      text: JinjaText(renderer.out), generated: renderer.generated,
      hidesGenerated: renderer.hidesGenerated)
  }
}
