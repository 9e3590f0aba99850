private import CCodecs

/// The codec libraries that this program runs with.
public struct CodecVersions: Sendable, Hashable, Codable {
  /// libjpeg-turbo, as it was compiled against (the library does not tell at run time).
  public var libjpegTurbo: String
  public var libpng: String
  public var libwebp: String
  public var lcms2: String
  public var zlib: String

  /// The versions linked into this program.
  public static var linked: CodecVersions {
    var versions = tc_versions()
    tc_linked_versions(&versions)
    return CodecVersions(
      libjpegTurbo: text(versions.jpeg), libpng: text(versions.png), libwebp: text(versions.webp),
      lcms2: text(versions.lcms2), zlib: text(versions.zlib))
  }

  /// Name and version of each, in the order in which to show them.
  public var all: [(name: String, version: String)] {
    [
      ("libjpeg-turbo", libjpegTurbo), ("libpng", libpng), ("libwebp", libwebp), ("lcms2", lcms2),
      ("zlib", zlib),
    ]
  }

  private static func text(_ version: tc_version) -> String {
    version.patch < 0
      ? "\(version.major).\(version.minor)" : "\(version.major).\(version.minor).\(version.patch)"
  }
}
