package detangle.peer.onnxruntime;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import detangle.bench.worker.InputFile;
import detangle.bench.worker.Subject;
import detangle.bench.worker.SubjectProvider;
import detangle.ir.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** ONNX models in ONNX Runtime. */
public final class OrtSubjectProvider implements SubjectProvider {
    /** For {@link java.util.ServiceLoader}. */
    public OrtSubjectProvider() {}

    @Override
    public String name() {
        return "onnxruntime";
    }

    @Override
    public Subject load(Path model, int threads, List<String> inputs, String options) throws OrtException {
        OrtModel loaded = OrtModel.load(model, threads);
        return new Subject() {
            @Override
            public String version() {
                return "ONNX Runtime " + OrtEnvironment.getEnvironment().getVersion();
            }

            @Override
            public Set<String> inputs() {
                return loaded.inputs();
            }

            @Override
            public Forward prepare(Map<String, Tensor> inputs) throws OrtException {
                return loaded.prepare(inputs)::run;
            }

            @Override
            public List<Forward> requests(Path file) throws IOException, OrtException {
                List<Forward> forwards = new ArrayList<>();
                for (Map<String, Tensor> inputs : InputFile.read(file)) {
                    forwards.add(prepare(inputs));
                }
                return forwards;
            }
        };
    }
}
