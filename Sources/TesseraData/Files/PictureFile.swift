package import TesseraCodecs
public import TesseraCore

/// One picture of a list.
public struct PictureFile: Sendable, Equatable {
  /// The path below the source folder, or as the list gives it. What manifests show.
  public var name: String
  /// The path to open.
  public var path: String
  /// Where in the file the picture lies: a tar's member; nil for the whole file.
  public var bytes: Range<Int>?
  /// The file, if it lies on a server.
  var remote: RemoteFile?
  /// The class as an index into the list's classes, or the list's own number; nil where there is none.
  public var label: Int?
  /// Why the file can never be read (a name that is not UTF-8); nil for ordinary ones.
  public var fault: TesseraError?

  public init(
    name: String, path: String, bytes: Range<Int>? = nil, label: Int? = nil, fault: TesseraError? = nil
  ) {
    self.name = name
    self.path = path
    self.bytes = bytes
    self.label = label
    self.fault = fault
  }

  /// A picture in a file that may lie on a server.
  init(name: String, path: String, bytes: Range<Int>, remote: RemoteFile?, label: Int?) {
    self.init(name: name, path: path, bytes: bytes, label: label)
    self.remote = remote
  }

  /// Where the picture is to be had.
  public var source: PictureSource {
    if let fault { return .unreadable(fault.with(path: name)) }
    if let remote, let bytes { return .remote(remote, bytes: bytes, name: name) }
    return bytes.map { .section(file: path, bytes: $0, name: name) } ?? .file(path)
  }

  /// What the picture's header says. Of a file no more is read than that needs; a tar's member is read whole.
  ///
  /// - Throws: the fault; `io`, or what `ImageHeader` throws.
  package func header() throws -> ImageHeader {
    if let fault { throw fault }
    guard let bytes else { return try ImageHeader(path: path) }
    return try ImageHeader(bytes: try remote?.bytes(bytes) ?? FileIO.read(path, range: bytes))
  }
}
