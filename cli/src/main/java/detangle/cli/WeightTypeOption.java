package detangle.cli;

import detangle.ir.DType;
import java.util.Optional;
import picocli.CommandLine.Option;

/** In how many bits weights are kept, for the commands that run a model. */
final class WeightTypeOption {
    /** Names as trtexec has them. */
    enum WeightType {
        fp16(DType.F16),
        bf16(DType.BF16);

        private final DType dtype;

        WeightType(DType dtype) {
            this.dtype = dtype;
        }
    }

    @Option(
            names = "--weight-type",
            paramLabel = "TYPE",
            description = "fp16 or bf16: keep weights that are stored in fp32 in half the memory; computed in fp32.")
    private Optional<WeightType> type;

    Optional<DType> type() {
        return type.map(t -> t.dtype);
    }
}
