/// Counts the aliases of a YAML text before it is read.
///
/// The reader of YAML puts what an alias stands for in its place: a few lines of aliases of aliases would be a tree of
/// any size. Few of them cannot, and no settings have many.
package enum YAMLAliases {
  /// The most aliases of a text: together they make it at most some hundred times as large.
  package static let limit = 16

  /// The alias that is one too many, if there is one: what to say, and where it stands.
  ///
  /// What looks like an alias inside of quotes counts too; comments do not.
  package static func excess(in yaml: String) -> (message: String, location: SourceLocation)? {
    var (count, line, column) = (0, 1, 0)
    var before: Unicode.Scalar = "\n"
    var isComment = false
    let scalars = yaml.unicodeScalars
    for index in scalars.indices {
      let scalar = scalars[index]
      column += 1
      if scalar == "#", " \t\n".unicodeScalars.contains(before) { isComment = true }
      if scalar == "\n" { (isComment, line, column) = (false, line + 1, 0) }
      if scalar == "*", !isComment, " \t\r\n[]{},:".unicodeScalars.contains(before),
        let next = scalars[scalars.index(after: index)...].first, PipelinePrinter.isWordScalar(next)
      {
        count += 1
        guard count <= limit else {
          return ("more than \(limit) aliases", SourceLocation(line: line, column: column))
        }
      }
      before = scalar
    }
    return nil
  }
}
