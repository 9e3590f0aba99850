/// The names of the files that a job writes: the source's folders mirrored, the same stem, a new extension.
package struct OutputNames {
  /// One name an entry, relative to the destination.
  package private(set) var names: [String]
  /// Entries whose stem is another's too, so that their outputs keep the source's extension (`a.jpg.npy`).
  package private(set) var shared: Set<Int> = []

  /// Names the outputs of pictures in their order.
  ///
  /// - Parameters:
  ///   - sources: paths below the source folder, or as a list gives them.
  ///   - fileExtension: what outputs end in, without the dot.
  package init(_ sources: [String], fileExtension: String) {
    let inside = sources.map(Self.inside)
    names = inside.map { Self.stem($0) + "." + fileExtension }
    // Keeping the extension can collide again (`a.jpg.png` beside `a.jpg`), so until nothing does.
    while true {
      let groups = Self.clashes(names)
      if groups.isEmpty { return }
      for group in groups {
        let short = group.filter { !shared.contains($0) }
        for index in short { names[index] = inside[index] + "." + fileExtension }
        shared.formUnion(short)
        guard short.isEmpty else { continue }
        // One file listed twice: the place in the list tells them apart.
        for index in group { names[index] = "\(inside[index]).\(index).\(fileExtension)" }
      }
    }
  }

  /// The indices of each name that occurs more than once.
  private static func clashes(_ names: [String]) -> [[Int]] {
    var groups: [[UInt8]: [Int]] = [:]
    // By bytes: Swift's strings are equal when only their normalisation differs, files are not.
    for (index, name) in names.enumerated() { groups[Array(name.utf8), default: []].append(index) }
    return groups.values.filter { $0.count > 1 }
  }

  /// The path without what would lead out of the destination: a leading slash, `.` and `..`.
  static func inside(_ path: String) -> String {
    let parts = path.split(separator: "/").filter { $0 != "." && $0 != ".." }
    return parts.isEmpty ? "picture" : parts.joined(separator: "/")
  }

  /// The path without the extension of its last component.
  static func stem(_ path: String) -> String {
    let start = path.lastIndex(of: "/").map { path.index(after: $0) } ?? path.startIndex
    guard let dot = path[start...].lastIndex(of: "."), dot > start else { return path }
    return String(path[..<dot])
  }
}
