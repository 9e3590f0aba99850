// swift-format-ignore-file
import TesseraTransforms
enum SwiftForms { static let all: [(String, @Sendable () -> Pipeline)] = [] }
