extension String {
  /// The end of the text, as many characters as fit, an ellipsis before it where something is left out.
  package func shortened(to width: Int, ellipsis: String = "…") -> String {
    count <= width ? self : ellipsis + suffix(max(width - ellipsis.count, 0))
  }
}
