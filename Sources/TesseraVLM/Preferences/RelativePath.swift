private import Foundation

/// How a file is named from a folder.
enum RelativePath {
  /// The path that leads from a folder to a file, with `..` where it goes up. Both may be relative to the working folder.
  static func of(_ path: String, from folder: String) -> String {
    func parts(_ path: String) -> [String] {
      URL(fileURLWithPath: path.isEmpty ? "." : path).standardizedFileURL.pathComponents
    }
    let (file, base) = (parts(path), parts(folder))
    let common = zip(file, base).prefix { $0 == $1 }.count
    let up = Array(repeating: "..", count: base.count - common)
    return (up + file.dropFirst(common)).joined(separator: "/")
  }
}
