// Reads the dumps of models that the golden data holds.
#include "tests/envs/model_dump.h"

#include <cstdint>
#include <cstdio>

#include "tests/envs/lcg.h"

namespace curl_rl::envs {

#if mjVERSION_HEADER >= 300

// MuJoCo 3 renamed and dropped fields, and the figures to compare with are MuJoCo 2.2's.
std::vector<std::string> DumpModel(const mjModel&) { return {}; }
std::vector<std::string> DumpRollout(const mjModel&, mjData&) { return {}; }

#else

namespace {

std::string Text(int value) { return std::to_string(value); }
std::string Text(mjtByte value) { return std::to_string(value); }
std::string Text(double value) {
  char text[40];
  std::snprintf(text, sizeof(text), "%.17g", value);
  return text;
}
std::string Text(float value) {
  char text[40];
  std::snprintf(text, sizeof(text), "%.9g", value);
  return text;
}

std::string Hex(std::uint64_t value, const char* format) {
  char text[40];
  std::snprintf(text, sizeof(text), format, static_cast<unsigned long long>(value));
  return text;
}

// Lines "title index name=v,v name=v …", filled column by column.
class Table {
 public:
  Table(const std::string& title, int rows) {
    for (int i = 0; i < rows; ++i) lines_.push_back(title + " " + std::to_string(i));
  }
  // A title without an index: one row.
  explicit Table(const std::string& title) : lines_{title} {}

  template <typename T>
  Table& Add(const char* name, const T* values, int width = 1) {
    for (std::size_t i = 0; i < lines_.size(); ++i) {
      lines_[i] += std::string(" ") + name + "=";
      for (int k = 0; k < width; ++k) lines_[i] += (k > 0 ? "," : "") + Text(values[i * width + k]);
    }
    return *this;
  }
  // "name=a,b" of two arrays.
  Table& AddPair(const char* name, const int* first, const int* second) {
    for (std::size_t i = 0; i < lines_.size(); ++i) {
      lines_[i] += std::string(" ") + name + "=" + Text(first[i]) + "," + Text(second[i]);
    }
    return *this;
  }
  void AppendTo(std::vector<std::string>* lines) const {
    lines->insert(lines->end(), lines_.begin(), lines_.end());
  }
  std::string& line(int i) { return lines_[i]; }

 private:
  std::vector<std::string> lines_;
};

// One call a column; wrapped by hand, as one column a line would be three screens.
// clang-format off

void DumpSizesAndOptions(const mjModel& m, std::vector<std::string>* lines) {
  Table size("size");
  const std::pair<const char*, int> sizes[] = {
      {"nq", m.nq}, {"nv", m.nv}, {"nu", m.nu}, {"na", m.na}, {"nbody", m.nbody},
      {"njnt", m.njnt}, {"ngeom", m.ngeom}, {"nsite", m.nsite}, {"ntendon", m.ntendon},
      {"nwrap", m.nwrap}, {"neq", m.neq}, {"npair", m.npair}, {"nexclude", m.nexclude},
      {"nsensor", m.nsensor}, {"nsensordata", m.nsensordata}, {"nkey", m.nkey},
      {"nmocap", m.nmocap}, {"nmesh", m.nmesh}, {"nhfield", m.nhfield}};
  for (const auto& [name, value] : sizes) size.Add(name, &value);
  size.AppendTo(lines);
  Table("buf").Add("njmax", &m.njmax).Add("nconmax", &m.nconmax).Add("nstack", &m.nstack)
      .AppendTo(lines);
  const mjOption& o = m.opt;
  Table opt("opt");
  opt.Add("timestep", &o.timestep).Add("integrator", &o.integrator).Add("cone", &o.cone)
      .Add("solver", &o.solver).Add("iterations", &o.iterations).Add("jacobian", &o.jacobian)
      .Add("collision", &o.collision).Add("tolerance", &o.tolerance).Add("impratio", &o.impratio)
      .Add("noslip_iterations", &o.noslip_iterations).Add("mpr_iterations", &o.mpr_iterations)
      .Add("noslip_tolerance", &o.noslip_tolerance).Add("mpr_tolerance", &o.mpr_tolerance)
      .Add("gravity", o.gravity, 3).Add("wind", o.wind, 3).Add("magnetic", o.magnetic, 3)
      .Add("density", &o.density).Add("viscosity", &o.viscosity).Add("o_margin", &o.o_margin)
      .Add("o_solref", o.o_solref, mjNREF).Add("o_solimp", o.o_solimp, mjNIMP);
  opt.line(0) += " disableflags=" + Hex(o.disableflags, "0x%llx") +
                 " enableflags=" + Hex(o.enableflags, "0x%llx");
  opt.AppendTo(lines);
  Table("stat").Add("meaninertia", &m.stat.meaninertia).Add("meanmass", &m.stat.meanmass)
      .Add("meansize", &m.stat.meansize).AppendTo(lines);
  Table("qpos0").Add("v", m.qpos0, m.nq).AppendTo(lines);
  Table("qpos_spring").Add("v", m.qpos_spring, m.nq).AppendTo(lines);
}

void DumpTree(const mjModel& m, std::vector<std::string>* lines) {
  Table("body", m.nbody).Add("parent", m.body_parentid).Add("root", m.body_rootid)
      .Add("weld", m.body_weldid).Add("mocap", m.body_mocapid).Add("jntnum", m.body_jntnum)
      .Add("dofnum", m.body_dofnum).Add("geomnum", m.body_geomnum).Add("simple", m.body_simple)
      .Add("sameframe", m.body_sameframe).Add("pos", m.body_pos, 3).Add("quat", m.body_quat, 4)
      .Add("ipos", m.body_ipos, 3).Add("iquat", m.body_iquat, 4).Add("mass", m.body_mass)
      .Add("subtreemass", m.body_subtreemass).Add("inertia", m.body_inertia, 3)
      .Add("invweight0", m.body_invweight0, 2).AppendTo(lines);
  Table("jnt", m.njnt).Add("type", m.jnt_type).Add("qposadr", m.jnt_qposadr)
      .Add("dofadr", m.jnt_dofadr).Add("body", m.jnt_bodyid).Add("limited", m.jnt_limited)
      .Add("pos", m.jnt_pos, 3).Add("axis", m.jnt_axis, 3).Add("range", m.jnt_range, 2)
      .Add("stiffness", m.jnt_stiffness).Add("margin", m.jnt_margin)
      .Add("solref", m.jnt_solref, mjNREF).Add("solimp", m.jnt_solimp, mjNIMP).AppendTo(lines);
  Table("dof", m.nv).Add("jnt", m.dof_jntid).Add("body", m.dof_bodyid).Add("parent", m.dof_parentid)
      .Add("damping", m.dof_damping).Add("armature", m.dof_armature)
      .Add("frictionloss", m.dof_frictionloss).Add("solref", m.dof_solref, mjNREF)
      .Add("solimp", m.dof_solimp, mjNIMP).Add("invweight0", m.dof_invweight0).Add("M0", m.dof_M0)
      .AppendTo(lines);
  Table("geom", m.ngeom).Add("type", m.geom_type).Add("body", m.geom_bodyid)
      .Add("contype", m.geom_contype).Add("conaffinity", m.geom_conaffinity)
      .Add("condim", m.geom_condim).Add("priority", m.geom_priority)
      .Add("sameframe", m.geom_sameframe).Add("dataid", m.geom_dataid).Add("size", m.geom_size, 3)
      .Add("pos", m.geom_pos, 3).Add("quat", m.geom_quat, 4).Add("friction", m.geom_friction, 3)
      .Add("solref", m.geom_solref, mjNREF).Add("solimp", m.geom_solimp, mjNIMP)
      .Add("solmix", m.geom_solmix).Add("margin", m.geom_margin).Add("gap", m.geom_gap)
      .Add("rbound", m.geom_rbound).AppendTo(lines);
  Table("site", m.nsite).Add("type", m.site_type).Add("body", m.site_bodyid)
      .Add("sameframe", m.site_sameframe).Add("size", m.site_size, 3).Add("pos", m.site_pos, 3)
      .Add("quat", m.site_quat, 4).AppendTo(lines);
}

void DumpTendonsActuatorsSensors(const mjModel& m, std::vector<std::string>* lines) {
  Table tendon("tendon", m.ntendon);
  tendon.Add("num", m.tendon_num).Add("limited", m.tendon_limited).Add("range", m.tendon_range, 2)
      .Add("margin", m.tendon_margin).Add("stiffness", m.tendon_stiffness)
      .Add("damping", m.tendon_damping).Add("frictionloss", m.tendon_frictionloss)
      .Add("solref_lim", m.tendon_solref_lim, mjNREF).Add("solimp_lim", m.tendon_solimp_lim, mjNIMP)
      .Add("solref_fri", m.tendon_solref_fri, mjNREF)
      .Add("solimp_fri", m.tendon_solimp_fri, mjNIMP);
  tendon.Add("lengthspring", m.tendon_lengthspring);
  tendon.Add("length0", m.tendon_length0).Add("invweight0", m.tendon_invweight0);
  for (int i = 0; i < m.ntendon; ++i) {
    for (int k = m.tendon_adr[i]; k < m.tendon_adr[i] + m.tendon_num[i]; ++k) {
      tendon.line(i) += " wrap[type=" + Text(m.wrap_type[k]) + " obj=" + Text(m.wrap_objid[k]) +
                        " prm=" + Text(m.wrap_prm[k]) + "]";
    }
  }
  tendon.AppendTo(lines);
  Table("actuator", m.nu).Add("trntype", m.actuator_trntype).Add("trnid", m.actuator_trnid, 2)
      .Add("dyntype", m.actuator_dyntype).Add("gaintype", m.actuator_gaintype)
      .Add("biastype", m.actuator_biastype).Add("ctrllimited", m.actuator_ctrllimited)
      .Add("forcelimited", m.actuator_forcelimited).Add("actlimited", m.actuator_actlimited)
      .Add("gear", m.actuator_gear, 6).Add("ctrlrange", m.actuator_ctrlrange, 2)
      .Add("forcerange", m.actuator_forcerange, 2).Add("actrange", m.actuator_actrange, 2)
      .Add("gainprm", m.actuator_gainprm, mjNGAIN).Add("biasprm", m.actuator_biasprm, mjNBIAS)
      .Add("dynprm", m.actuator_dynprm, mjNDYN).Add("acc0", m.actuator_acc0)
      .Add("length0", m.actuator_length0).Add("lengthrange", m.actuator_lengthrange, 2)
      .AppendTo(lines);
  Table("eq", m.neq).Add("type", m.eq_type).AddPair("obj", m.eq_obj1id, m.eq_obj2id)
      .Add("active", m.eq_active).Add("data", m.eq_data, mjNEQDATA).Add("solref", m.eq_solref, mjNREF)
      .Add("solimp", m.eq_solimp, mjNIMP).AppendTo(lines);
  Table exclude("exclude", m.nexclude);
  for (int i = 0; i < m.nexclude; ++i) {
    exclude.line(i) += " sig=" + Hex(m.exclude_signature[i], "0x%llx");
  }
  exclude.AppendTo(lines);
  Table("sensor", m.nsensor).Add("type", m.sensor_type).Add("datatype", m.sensor_datatype)
      .Add("stage", m.sensor_needstage).Add("objtype", m.sensor_objtype)
      .Add("objid", m.sensor_objid).Add("reftype", m.sensor_reftype).Add("refid", m.sensor_refid)
      .Add("dim", m.sensor_dim).Add("adr", m.sensor_adr).Add("cutoff", m.sensor_cutoff)
      .Add("noise", m.sensor_noise).AppendTo(lines);
}

void DumpVisuals(const mjModel& m, std::vector<std::string>* lines) {
  lines->push_back("== PIX");
  Table("size").Add("ncam", &m.ncam).Add("nlight", &m.nlight).Add("ntex", &m.ntex)
      .Add("nmat", &m.nmat).Add("nskin", &m.nskin).Add("ntexdata", &m.ntexdata).AppendTo(lines);
  Table("stat").Add("extent", &m.stat.extent).Add("center", m.stat.center, 3).AppendTo(lines);
  const auto& vis = m.vis;
  Table("vis.global").Add("fovy", &vis.global.fovy).Add("ipd", &vis.global.ipd)
      .Add("azimuth", &vis.global.azimuth).Add("elevation", &vis.global.elevation)
      .Add("linewidth", &vis.global.linewidth).Add("glow", &vis.global.glow)
      .Add("offwidth", &vis.global.offwidth).Add("offheight", &vis.global.offheight)
      .AppendTo(lines);
  Table("vis.quality").Add("shadowsize", &vis.quality.shadowsize)
      .Add("offsamples", &vis.quality.offsamples).Add("numslices", &vis.quality.numslices)
      .Add("numstacks", &vis.quality.numstacks).Add("numquads", &vis.quality.numquads)
      .AppendTo(lines);
  Table("vis.headlight").Add("active", &vis.headlight.active)
      .Add("ambient", vis.headlight.ambient, 3).Add("diffuse", vis.headlight.diffuse, 3)
      .Add("specular", vis.headlight.specular, 3).AppendTo(lines);
  Table("vis.map").Add("fogstart", &vis.map.fogstart).Add("fogend", &vis.map.fogend)
      .Add("znear", &vis.map.znear).Add("zfar", &vis.map.zfar).Add("haze", &vis.map.haze)
      .Add("shadowclip", &vis.map.shadowclip).Add("shadowscale", &vis.map.shadowscale)
      .Add("alpha", &vis.map.alpha).AppendTo(lines);
  Table("vis.rgba").Add("fog", vis.rgba.fog, 4).Add("haze", vis.rgba.haze, 4).AppendTo(lines);
  Table("cam", m.ncam).Add("mode", m.cam_mode).Add("body", m.cam_bodyid)
      .Add("target", m.cam_targetbodyid).Add("fovy", m.cam_fovy).Add("ipd", m.cam_ipd)
      .Add("pos", m.cam_pos, 3).Add("quat", m.cam_quat, 4).Add("poscom0", m.cam_poscom0, 3)
      .Add("pos0", m.cam_pos0, 3).Add("mat0", m.cam_mat0, 9).AppendTo(lines);
  Table("light", m.nlight).Add("mode", m.light_mode).Add("body", m.light_bodyid)
      .Add("target", m.light_targetbodyid).Add("directional", m.light_directional)
      .Add("castshadow", m.light_castshadow).Add("active", m.light_active)
      .Add("pos", m.light_pos, 3).Add("dir", m.light_dir, 3).Add("poscom0", m.light_poscom0, 3)
      .Add("pos0", m.light_pos0, 3).Add("dir0", m.light_dir0, 3)
      .Add("attenuation", m.light_attenuation, 3).Add("cutoff", m.light_cutoff)
      .Add("exponent", m.light_exponent).Add("ambient", m.light_ambient, 3)
      .Add("diffuse", m.light_diffuse, 3).Add("specular", m.light_specular, 3).AppendTo(lines);
  Table tex("tex", m.ntex);
  tex.Add("type", m.tex_type).Add("width", m.tex_width).Add("height", m.tex_height);
  for (int i = 0; i < m.ntex; ++i) {
    std::uint64_t hash = 1469598103934665603ULL;  // FNV-1a, 64 bits, the basis of the golden files
    for (int k = 0; k < 3 * m.tex_width[i] * m.tex_height[i]; ++k) {
      hash = (hash ^ m.tex_rgb[m.tex_adr[i] + k]) * 1099511628211ULL;
    }
    tex.line(i) += " fnv=" + Hex(hash, "%016llx");
  }
  tex.AppendTo(lines);
  Table("mat", m.nmat).Add("tex", m.mat_texid).Add("texuniform", m.mat_texuniform)
      .Add("texrepeat", m.mat_texrepeat, 2).Add("emission", m.mat_emission)
      .Add("specular", m.mat_specular).Add("shininess", m.mat_shininess)
      .Add("reflectance", m.mat_reflectance).Add("rgba", m.mat_rgba, 4).AppendTo(lines);
}

// Colours as given and, where there is a material, as drawn.
void DumpColours(const mjModel& m, std::vector<std::string>* lines) {
  Table geom("geomvis", m.ngeom);
  geom.Add("group", m.geom_group).Add("mat", m.geom_matid).Add("rgba", m.geom_rgba, 4);
  for (int i = 0; i < m.ngeom; ++i) {
    const int mat = m.geom_matid[i];
    if (mat < 0) continue;
    geom.line(i) += Table("").Add("drawn_rgba", m.mat_rgba + 4 * mat, 4)
        .Add("drawn_tex", m.mat_texid + mat).Add("drawn_reflectance", m.mat_reflectance + mat)
                        .line(0);
  }
  geom.AppendTo(lines);
  Table site("sitevis", m.nsite);
  site.Add("group", m.site_group).Add("mat", m.site_matid).Add("rgba", m.site_rgba, 4);
  for (int i = 0; i < m.nsite; ++i) {
    const int mat = m.site_matid[i];
    if (mat >= 0) site.line(i) += Table("").Add("mat_rgba", m.mat_rgba + 4 * mat, 4).line(0);
  }
  site.AppendTo(lines);
  Table("tendonvis", m.ntendon).Add("group", m.tendon_group).Add("mat", m.tendon_matid)
      .Add("width", m.tendon_width).Add("rgba", m.tendon_rgba, 4).AppendTo(lines);
}

// clang-format on

}  // namespace

std::vector<std::string> DumpModel(const mjModel& model) {
  std::vector<std::string> lines = {"== DYN"};
  DumpSizesAndOptions(model, &lines);
  DumpTree(model, &lines);
  DumpTendonsActuatorsSensors(model, &lines);
  DumpVisuals(model, &lines);
  DumpColours(model, &lines);
  return lines;
}

std::vector<std::string> DumpRollout(const mjModel& m, mjData& d) {
  std::vector<std::string> lines = {"== SIM nstep=1000 every=100 hold=1 seed=1"};
  Lcg controls(1);
  mj_resetData(&m, &d);
  for (int step = 0; step <= 1000; ++step) {
    if (step > 0) {
      for (int i = 0; i < m.nu; ++i) {
        const bool limited = m.actuator_ctrllimited[i] != 0;
        const double low = limited ? m.actuator_ctrlrange[2 * i] : -1.0;
        const double high = limited ? m.actuator_ctrlrange[2 * i + 1] : 1.0;
        d.ctrl[i] = low + controls.Next() * (high - low);
      }
      mj_step(&m, &d);
    }
    if (step % 100 != 0) continue;
    lines.push_back("step " + Text(step) + " time=" + Text(d.time) + " ncon=" + Text(d.ncon));
    Table(" ").Add("qpos", d.qpos, m.nq).AppendTo(&lines);
    Table(" ").Add("qvel", d.qvel, m.nv).AppendTo(&lines);
    if (m.na > 0) Table(" ").Add("act", d.act, m.na).AppendTo(&lines);
    if (m.nsensordata > 0) Table(" ").Add("sensor", d.sensordata, m.nsensordata).AppendTo(&lines);
  }
  return lines;
}

#endif

}  // namespace curl_rl::envs
