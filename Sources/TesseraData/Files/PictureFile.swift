public import TesseraCore

/// One picture of a list.
public struct PictureFile: Sendable, Equatable {
  /// The path below the source folder, or as the list gives it. What manifests show.
  public var name: String
  /// The path to open.
  public var path: String
  /// The class as an index into the list's classes, or the list's own number; nil where there is none.
  public var label: Int?
  /// Why the file can never be read (a name that is not UTF-8); nil for ordinary ones.
  public var fault: TesseraError?

  public init(name: String, path: String, label: Int? = nil, fault: TesseraError? = nil) {
    self.name = name
    self.path = path
    self.label = label
    self.fault = fault
  }
}
