import Tessera
import TesseraTerminal
import TesseraVLM

/// What is said of pictures that are not of the tower's size.
enum PictureRemarks {
  /// Says it once for all that are alike.
  static func say(_ pixels: [TorchTensor], _ processor: any PromptMaker) {
    guard let processor = processor as? Processor else { return }
    var said: Set<String> = []
    for remark in pixels.compactMap(processor.remark) where said.insert(remark).inserted {
      Talk.say("tessera-vlm: \(remark.visible)")
    }
  }
}
