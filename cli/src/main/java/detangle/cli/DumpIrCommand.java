package detangle.cli;

import detangle.backend.Device;
import detangle.backend.KernelCode;
import detangle.backend.Plan;
import detangle.cli.Failures.CliException;
import detangle.compiler.Compiler;
import detangle.compiler.MemoryPlanner;
import detangle.compiler.Pass;
import detangle.compiler.Passes;
import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.ir.text.Printer;
import detangle.models.deberta.Architecture;
import detangle.models.deberta.Checkpoint;
import detangle.models.deberta.DebertaConfig;
import detangle.models.deberta.DebertaModel;
import detangle.models.deberta.ModelOptions;
import detangle.models.deberta.RandomWeights;
import detangle.models.weights.Weights;
import detangle.runtime.Backends;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

@Command(
        name = "dump-ir",
        description = "Prints a model's program after all passes of the compiler, or after one of them.",
        mixinStandardHelpOptions = true)
final class DumpIrCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Mixin
    private ModelArgument model;

    @Mixin
    private HeadOptions headOptions;

    @Mixin
    private IgnoreUnusedOption ignoreUnused;

    @Option(names = "--hidden-states", description = "Make hidden states outputs too.")
    private boolean hiddenStates;

    @Option(names = "--attentions", description = "Make attention probabilities outputs too.")
    private boolean attentions;

    @Option(
            names = "--after",
            paramLabel = "PASS",
            description = "Print the program after this pass (after its first run).")
    private Optional<String> after;

    @Option(names = "--all", description = "Print the model's program, and the program after each pass.")
    private boolean all;

    @Option(
            names = "--kernels",
            paramLabel = "DIR",
            description = "Also write the code of each generated kernel: bytecode, and OpenCL C, CUDA C or PTX.")
    private Optional<Path> kernels;

    @Mixin
    private DeviceOptions device;

    @Mixin
    private PrecisionOption precision;

    @Override
    public void run() {
        if (all && after.isPresent()) {
            throw new ParameterException(spec.commandLine(), "--all and --after exclude each other");
        }
        DebertaConfig config = DebertaConfig.read(model.folder());
        Checkpoint.checkSizes(model.folder(), config);
        Architecture architecture = headOptions.head(model.folder(), Optional.empty());
        ModelOptions options = ModelOptions.DEFAULT
                .with(headOptions.convention(model.folder(), architecture))
                .withHiddenStates(hiddenStates)
                .withAttentions(attentions);
        Program program = DebertaModel.build(config, architecture, options);
        if (Weights.existIn(model.folder())) {
            try (Weights weights = Weights.open(model.folder())) {
                print(
                        program,
                        Checkpoint.parameters(
                                weights, config, program, Optional.of(architecture), ignoreUnused.isSet()));
            }
        } else {
            Map<String, Tensor> random = RandomWeights.of(config, program);
            spec.commandLine()
                    .getErr()
                    .println("detangle: " + model.folder() + " has no weights; random ones stand in for them");
            print(program, random);
        }
    }

    private void print(Program program, Map<String, Tensor> weights) {
        PrintWriter out = spec.commandLine().getOut();
        List<Pass> passes = Passes.packedInference(weights);
        after.ifPresent(name -> {
            if (passes.stream().noneMatch(p -> p.name().equals(name))) {
                throw new CliException("there is no pass '" + name + "'; there are "
                        + String.join(
                                ", ", passes.stream().map(Pass::name).distinct().toList()));
            }
        });
        if (all) {
            section(out, "model", program);
        }
        boolean[] printed = {false};
        Program last = Compiler.run(program, passes, (pass, p) -> {
            if (all) {
                section(out, pass.name(), p);
            } else if (after.filter(pass.name()::equals).isPresent() && !printed[0]) {
                out.print(Printer.print(p));
                printed[0] = true;
            }
        });
        Device chosen = Backends.device(device.backend(), device.hostOperations(), precision.chosen(device.backend()));
        if (device.backend().isPresent()) {
            // What a device is given has a transfer wherever a value goes there or comes back.
            section(out, "placement", chosen.place(last));
        } else if (!all && after.isEmpty()) {
            out.print(Printer.print(last));
        }
        out.flush();
        kernels.ifPresent(folder -> {
            List<KernelCode> found = chosen.kernels(new Plan(last, MemoryPlanner.plan(last)));
            KernelFiles.write(folder, found);
            spec.commandLine().getErr().println("detangle: wrote " + found.size() + " kernels to " + folder);
        });
    }

    private static void section(PrintWriter out, String stage, Program program) {
        out.println("// ---- " + stage);
        out.print(Printer.print(program));
    }
}
