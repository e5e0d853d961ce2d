# Weights that follow from a formula, so that goldens need no files of them; TinyModel writes the same.
import torch

def weight(k, i):
    """A number in [-0.5, 0.5) for element i of the k-th tensor."""
    x = (i * 2654435761 + k * 40503 + 12345) % 2**32
    x ^= x >> 15
    x = x * 2246822519 % 2**32
    x ^= x >> 13
    return x / 2**32 - 0.5

def fill(model, scale):
    """Fills all tensors; returns by name the number of the formula and the shape. Tensors that are one have one number."""
    state, numbers = model.state_dict(), {}
    for k, name in enumerate(sorted(state)):
        t = state[name]
        flat = torch.tensor([weight(k, i) for i in range(t.numel())], dtype=torch.float64)
        flat = 1 + 0.2 * flat if "LayerNorm.weight" in name else flat * scale
        t.copy_(flat.to(t.dtype).reshape(t.shape))
        numbers[t.data_ptr()] = k
    return {name: [numbers[t.data_ptr()]] + list(t.shape) for name, t in state.items()}
