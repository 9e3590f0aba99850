/// WebDataset's rules for names: which sample a member belongs to, and what it is there.
enum MemberName {
  /// Where a name's key ends and its suffix starts; nil for a member that belongs to no sample.
  ///
  /// The key is all up to the first dot after the last slash. A name without such a dot belongs to no sample, nor
  /// does anything in `__…__`. Where nothing stands before the dot (`cat/.hidden`), the folder with its slash is the
  /// key, unless the last component with a name in that folder has a dot: so says the regular expression of
  /// `webdataset.tariterators.base_plus_ext`, and the tests ask it.
  static func split(_ name: [UInt8]) -> (key: ArraySlice<UInt8>, suffix: ArraySlice<UInt8>)? {
    if isNote(name) { return nil }
    let (slash, point) = (UInt8(ascii: "/"), UInt8(ascii: "."))
    let base = name.lastIndex(of: slash).map { $0 + 1 } ?? 0
    guard let dot = name[base...].firstIndex(of: point), dot > 0 else { return nil }
    if dot == base, let before = name[..<base].lastIndex(of: point) {
      guard name[before..<(base - 1)].contains(slash) else { return nil }
    }
    return (name[..<dot], name[(dot + 1)...])
  }

  /// Whether the first component of a name is `__…__`: notes for readers, no samples.
  static func isNote(_ name: [UInt8]) -> Bool {
    let first = name.prefix { $0 != UInt8(ascii: "/") }
    let bars = Array("__".utf8)
    return first.count >= 4 && first.starts(with: bars) && first.suffix(2).elementsEqual(bars)
  }

  /// Whether a name stays inside of the tar: relative, without `..`, without a zero byte, not empty.
  static func isSafe(_ name: [UInt8]) -> Bool {
    guard let first = name.first, first != UInt8(ascii: "/"), !name.contains(0) else { return false }
    return !name.split(separator: UInt8(ascii: "/")).contains { $0.elementsEqual([46, 46]) }
  }

  /// A suffix as samples name it: lower case (ASCII and beyond, as Python's `str.lower` for what occurs).
  static func lowercased(_ suffix: ArraySlice<UInt8>) -> String {
    String(decoding: suffix, as: UTF8.self).lowercased()
  }
}
