/// An operation of ours that every pipeline draws as itself, whatever the picture: its `draw` is `Operation`'s own.
///
/// That makes the end of a pipeline the same for all pictures. Others, also those of other packages, may draw differently.
protocol FixedStep: Operation {}

extension Denormalize: FixedStep {}
extension Normalize: FixedStep {}
extension PILToTensor: FixedStep {}
extension Rescale: FixedStep {}
extension ToDType: FixedStep {}
extension ToTensor: FixedStep {}
