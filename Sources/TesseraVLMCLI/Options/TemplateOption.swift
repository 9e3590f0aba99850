import ArgumentParser
import TesseraText
import TesseraVLM

/// `--template`: which words stand around what is said.
enum TemplateOption: String, ExpressibleByArgument, CaseIterable {
  case own, plain, v1, chatml

  /// Puts the template in place of the directory's.
  func apply(to processor: inout any PromptMaker) {
    switch self {
    case .own: break
    case .plain: processor.template = .plain
    case .v1: processor.template = .v1
    case .chatml: processor.template = .chatML
    }
  }
}
