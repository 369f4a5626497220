import { readTensors, readCases } from '../conformance/tensors.ts';
import { parseSchedulerConfig } from '../schedulers/parse.ts';
import { noiseSchedule } from '../schedulers/noise.ts';
import { createSampler } from '../schedulers/sampler.ts';
import {test} from 'vitest'; test('p', async()=>{
const f='/work/main/fixtures/golden/schedulers';
const cases:any=await readCases(f); const t=await readTensors(f+'/tables.safetensors'); const inp=await readTensors(f+'/inputs.safetensors');
const cfg=parseSchedulerConfig({...cases.schedulers.unipc_order3.config},'UniPCMultistepScheduler');
const s=noiseSchedule(cfg);
const ulp=(a:any,b:any)=>{const x=new Int32Array(a.slice().buffer),y=new Int32Array(b.slice().buffer);let m=0,n=0;for(let i=0;i<x.length;i++){const d=Math.abs(x[i]!-y[i]!);m=Math.max(m,d);n+=d?1:0}return [m,n]};
console.log('betas',ulp(s.betas,t.floats('betas')),'alphas',ulp(s.alphasCumprod,t.floats('alphas_cumprod')));
for (const p of ['epsilon','v_prediction']) {
const e=(await readTensors(f+`/trajectories/unipc_order3_${p}_50.safetensors`)).floats('trajectory');
const sm=createSampler({...cfg,predictionType:p as any},50); let x=inp.floats('x_T') as any; const n=x.length; const mo=inp.floats('model_outputs');
let own:any; const errs=[];
for(let c=0;c<50;c++){ x=sm.step(mo.subarray(c*n,c*n+n),c,x,()=>x); let w=0; for(let i=0;i<n;i++){const ex=e[(c+1)*n+i]!; w=Math.max(w,Math.abs(x[i]-ex)/(1e-4+1e-3*Math.abs(ex)));} errs.push(w.toFixed(2)); }
console.log(p,errs.join(' '));}
});
