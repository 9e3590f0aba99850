/// Counts the aliases of a YAML text before it is read.
///
/// The reader of YAML puts what an alias stands for in its place: a few lines of aliases of aliases would be a tree of
/// any size. Few of them cannot, and no settings have many.
package enum YAMLAliases {
  /// The most aliases of a text: sixteen make it at most some 360 times as large (e^(n/e) for n), and eight, which is for
  /// large ones, twenty times.
  package static func limit(_ yaml: String) -> Int { yaml.utf8.count > 1 << 16 ? 8 : 16 }

  /// The alias that is one too many, if there is one: what to say, and where it stands.
  ///
  /// Every asterisk before a word counts, in quotes and comments too: where those end only the reader knows.
  package static func excess(in yaml: String) -> (message: String, location: SourceLocation)? {
    var (count, line, column) = (0, 1, 0)
    let (scalars, limit) = (yaml.unicodeScalars, limit(yaml))
    for (scalar, next) in zip(scalars, scalars.dropFirst()) {
      column += 1
      if scalar == "\n" { (line, column) = (line + 1, 0) }
      guard scalar == "*", isAnchor(next) else { continue }
      count += 1
      if count > limit {
        return (
          "more than \(limit) aliases (asterisks before a word)", SourceLocation(line: line, column: column)
        )
      }
    }
    return nil
  }

  /// Whether an anchor's name may have the character.
  private static func isAnchor(_ c: Unicode.Scalar) -> Bool {
    PipelinePrinter.isLetter(c) || ("0"..."9").contains(c) || c == "-"
  }
}
