internal import TesseraCore

extension RunReport {
  /// Writes the page as a file: aside first, then renamed, so that an older report stays until the new one is whole.
  ///
  /// - Throws: `io` with the path; nothing is left aside.
  public func write(to path: String) throws {
    try AsideFile.write(path) { try $0.append(Array(html().utf8)) }
  }
}
