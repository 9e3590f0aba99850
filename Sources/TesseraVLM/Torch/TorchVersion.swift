internal import CTorch

/// The libtorch beneath.
public enum TorchVersion {
  /// The release that was compiled against, such as `1.13.1`.
  public static var compiled: String { String(cString: ct_version()) }
}
