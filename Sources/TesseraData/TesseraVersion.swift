/// The version of this library and of the command.
public enum TesseraVersion {
  public static let current = "0.1.0"
}
