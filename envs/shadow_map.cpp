// Stands between MuJoCo and glClear, and finds where a scene's shadows are cast.
#include "envs/shadow_map.h"

#include <dlfcn.h>

#include <algorithm>
#include <cmath>
#include <cstring>

namespace curl_rl::envs {
namespace {

// Of <GL/gl.h>.
constexpr unsigned kDepthBufferBit = 0x0100;
constexpr unsigned kScissorTest = 0x0C11;
constexpr unsigned kModelviewMatrix = 0x0BA6, kProjectionMatrix = 0x0BA7;
constexpr unsigned kDrawFramebufferBinding = 0x8CA6;

// OpenGL's own; filled when MuJoCo looks for its functions, before any frame.
struct GlFunctions {
  void (*clear)(unsigned) = nullptr;
  void (*enable)(unsigned) = nullptr;
  void (*disable)(unsigned) = nullptr;
  void (*scissor)(int, int, int, int) = nullptr;
  void (*get_floats)(unsigned, float*) = nullptr;
  void (*get_integers)(unsigned, int*) = nullptr;
};
GlFunctions gl;

thread_local ShadowMap* drawn_on = nullptr;

using FindFunction = void* (*)(const char*);

// What MuJoCo would have found, had this library no eglGetProcAddress: the order is its own.
FindFunction NextFinder() {
  for (const char* name : {"eglGetProcAddress", "OSMesaGetProcAddress", "glXGetProcAddressARB"}) {
    if (void* finder = dlsym(RTLD_NEXT, name)) return reinterpret_cast<FindFunction>(finder);
  }
  return nullptr;
}

template <typename Function>
void Load(FindFunction find, const char* name, Function* function) {
  *function = reinterpret_cast<Function>(find(name));
}

// Whether all that ShadowMap needs is there.
bool LoadGl(FindFunction find) {
  Load(find, "glClear", &gl.clear);
  Load(find, "glEnable", &gl.enable);
  Load(find, "glDisable", &gl.disable);
  Load(find, "glScissor", &gl.scissor);
  Load(find, "glGetFloatv", &gl.get_floats);
  Load(find, "glGetIntegerv", &gl.get_integers);
  return gl.clear != nullptr && gl.enable != nullptr && gl.disable != nullptr &&
         gl.scissor != nullptr && gl.get_floats != nullptr && gl.get_integers != nullptr;
}

TexelRect Whole(int size) { return {0, 0, size, size}; }

// x, y and w of `matrix` times (place, 1): where the light sees it.
struct Seen {
  float x, y, w;
};
Seen See(const Matrix4& matrix, const float* place) {
  const auto row = [&](int r) {
    return matrix[r] * place[0] + matrix[4 + r] * place[1] + matrix[8 + r] * place[2] +
           matrix[12 + r];
  };
  return {row(0), row(1), row(3)};
}

Matrix4 Product(const Matrix4& a, const Matrix4& b) {
  Matrix4 product{};
  for (int column = 0; column < 4; ++column) {
    for (int row = 0; row < 4; ++row) {
      for (int k = 0; k < 4; ++k) product[4 * column + row] += a[4 * k + row] * b[4 * column + k];
    }
  }
  return product;
}

// Half the sides of a box about the geom, along its axes. False: not known.
bool BoxOf(const mjvGeom& geom, float* half) {
  switch (geom.type) {
    case mjGEOM_CAPSULE:  // its caps are as long as it is wide
      std::copy_n(geom.size, 3, half);
      half[2] += 0.5f * (geom.size[0] + geom.size[1]);
      return true;
    case mjGEOM_SPHERE:
    case mjGEOM_ELLIPSOID:
    case mjGEOM_CYLINDER:
    case mjGEOM_BOX:
      std::copy_n(geom.size, 3, half);
      return true;
    case mjGEOM_MESH:
      std::fill_n(half, 3, geom.modelrbound);
      return geom.modelrbound > 0.0f;
    default:
      return false;
  }
}

// Whether the light sees the plane from the front. MuJoCo before 3.3 draws the backs of shapes
// alone into its map, and of such a plane nothing.
bool DrawsNothing(const mjvGeom& plane, const Matrix4& projection, const Matrix4& view) {
  constexpr int kFirstThatDrawsFronts = 330;  // versions were 2.2.2 -> 222, 3.2.7 -> 327
  if (mjVERSION_HEADER >= kFirstThatDrawsFronts) return false;
  const bool parallel = projection[11] == 0.0f;  // the light is at infinity
  float above = 0.0f;
  for (int i = 0; i < 3; ++i) {
    const float normal = plane.mat[3 * i + 2];
    if (parallel) {
      above += normal * view[4 * i + 2];  // against the direction of the light
      continue;
    }
    float place = 0.0f;  // of the light: the view is a rotation and a shift
    for (int k = 0; k < 3; ++k) place -= view[4 * i + k] * view[12 + k];
    above += normal * (place - plane.pos[i]);
  }
  return above > 1e-3f;
}

void Include(const Seen& seen, int size, TexelRect* rect) {
  // The viewport leaves a border of one texel. The bounds keep a far place within an int.
  const auto texel = [size](float coordinate, float w) {
    const float place = std::clamp(coordinate / w, -2.0f, 2.0f);
    return 1.0f + 0.5f * (place + 1.0f) * static_cast<float>(size - 2);
  };
  constexpr int kMore = 2;
  const float x = texel(seen.x, seen.w), y = texel(seen.y, seen.w);
  rect->left = std::min(rect->left, static_cast<int>(std::floor(x)) - kMore);
  rect->right = std::max(rect->right, static_cast<int>(std::ceil(x)) + kMore);
  rect->bottom = std::min(rect->bottom, static_cast<int>(std::floor(y)) - kMore);
  rect->top = std::max(rect->top, static_cast<int>(std::ceil(y)) + kMore);
}

}  // namespace

TexelRect CastersOnMap(const mjvScene& scene, const Matrix4& projection, const Matrix4& view,
                       int size) {
  constexpr float kLeastW = 1e-4f;  // nearer, a place is beside or behind the light
  const Matrix4 both = Product(projection, view);
  TexelRect rect{size, size, 0, 0};
  for (const mjvGeom* geom = scene.geoms; geom != scene.geoms + scene.ngeom; ++geom) {
    if (geom->type == mjGEOM_PLANE && DrawsNothing(*geom, projection, view)) continue;
    float half[3];
    if (!BoxOf(*geom, half)) return Whole(size);
    for (unsigned corner = 0; corner < 8; ++corner) {
      float place[3];
      for (int i = 0; i < 3; ++i) {
        place[i] = geom->pos[i];
        for (unsigned axis = 0; axis < 3; ++axis) {
          const float side = (corner >> axis & 1U) != 0 ? half[axis] : -half[axis];
          place[i] += geom->mat[3 * i + axis] * side;
        }
      }
      const Seen seen = See(both, place);
      if (!(seen.w > kLeastW)) return Whole(size);
      Include(seen, size, &rect);
    }
  }
  return {std::max(rect.left, 0), std::max(rect.bottom, 0), std::min(rect.right, size),
          std::min(rect.top, size)};
}

ShadowMap::ShadowMap(const mjrContext& context)
    : context_(context), drawn_(Whole(context.shadowSize)) {}

ShadowMap::Drawing::Drawing(ShadowMap& map, const mjvScene& scene) {
  map.scene_ = &scene;
  drawn_on = &map;
}

ShadowMap::Drawing::~Drawing() {
  drawn_on->scene_ = nullptr;
  drawn_on = nullptr;
}

void ShadowMap::Clear(unsigned buffers) {
  if (buffers == kDepthBufferBit && drawn_on != nullptr && drawn_on->IsBound()) {
    drawn_on->ClearWhatWasDrawn();
  } else {
    gl.clear(buffers);
  }
}

bool ShadowMap::IsBound() const {
  int bound = 0;
  gl.get_integers(kDrawFramebufferBinding, &bound);
  return static_cast<unsigned>(bound) == context_.shadowFBO;
}

void ShadowMap::ClearWhatWasDrawn() {
  const int size = context_.shadowSize;
  const bool whole =
      drawn_.left == 0 && drawn_.bottom == 0 && drawn_.right == size && drawn_.top == size;
  if (whole) {
    gl.clear(kDepthBufferBit);
  } else if (!drawn_.empty()) {
    gl.scissor(drawn_.left, drawn_.bottom, drawn_.right - drawn_.left, drawn_.top - drawn_.bottom);
    gl.enable(kScissorTest);
    gl.clear(kDepthBufferBit);
    gl.disable(kScissorTest);
  }
  if (!whole) ++partial_clears_;
  // The light's matrices are already GL's: next MuJoCo draws what casts shadows.
  Matrix4 projection, view;
  gl.get_floats(kProjectionMatrix, projection.data());
  gl.get_floats(kModelviewMatrix, view.data());
  drawn_ = CastersOnMap(*scene_, projection, view, size);
}

bool ProgramHasEgl() { return dlsym(RTLD_NEXT, "eglGetProcAddress") != nullptr; }

}  // namespace curl_rl::envs

// The name is EGL's, which MuJoCo looks for; everything but glClear is passed on.
extern "C" __attribute__((visibility("default"))) void* eglGetProcAddress(const char* name) {
  using namespace curl_rl::envs;
  const FindFunction find = NextFinder();
  if (find == nullptr) return nullptr;
  if (std::strcmp(name, "glClear") != 0) return find(name);
  static const bool loaded = LoadGl(find);  // once: others may be drawing with them
  return loaded ? reinterpret_cast<void*>(&ShadowMap::Clear) : find(name);
}
